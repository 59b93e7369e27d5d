import { z } from "zod";
import { Name } from "./ids.ts";
import type { Problem } from "./problem.ts";

/** What somebody says at 03:00: rows or files are missing, the data is wrong, the server is gone, somebody was inside. */
export const Disaster = z.enum(["deleted", "corrupt", "gone", "attacked"]);
export type Disaster = z.infer<typeof Disaster>;

export const Contact = z
  .strictObject({
    name: z.string().min(1).max(100).optional().describe("As people call them; else the name in the plan."),
    email: z.email().optional().describe("Where mail reaches them."),
    phone: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, "must be an international number, as in +4930123456")
      .optional()
      .describe("An international number."),
  })
  .refine(({ email, phone }) => email !== undefined || phone !== undefined, { message: "needs an email or a phone" });
export type Contact = z.infer<typeof Contact>;

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day, as in 08:00");
const TimeZone = z.string().refine((name) => isTimeZone(name), "must be a time zone, as in Europe/Berlin");
/** When a role is asked, and who is asked for it at all other times. */
const Hours = z.strictObject({
  timeZone: TimeZone.default("UTC").describe("In whose time the hours are."),
  days: z.array(z.enum(DAYS)).min(1).default(["mon", "tue", "wed", "thu", "fri"]).describe("Days of the week."),
  from: TimeOfDay.describe("From this time of day on."),
  to: TimeOfDay.describe("Until before this one, of the same day."),
  afterHours: Name.describe("The role that is asked at all other times."),
});
type Hours = z.infer<typeof Hours>;

export const Role = z.strictObject({
  primary: Name.describe("A contact."),
  secondary: Name.optional().describe("The contact for when the first one does not answer."),
  disasters: z.array(Disaster).min(1).optional().describe("What this role is asked for; everything without it."),
  hours: Hours.optional().describe("When this role is asked; at all times without it."),
});
export type Role = z.infer<typeof Role>;

/** Whom `what-now` names, in the plan's order. */
export type Called = { role: string; primary: Contact; secondary?: Contact };
type People = { contacts?: Record<string, Contact>; roles?: Record<string, Role> };

/** The roles that this disaster is for, each as it is asked now. Without roles everybody. */
export function calledFor({ contacts = {}, roles = {} }: People, disaster: Disaster, now: Date): Called[] {
  const named = (name: string): Contact => ({ name, ...contacts[name] });
  if (Object.keys(roles).length === 0) return Object.keys(contacts).map((role) => ({ role, primary: named(role) }));
  const asked = Object.entries(roles)
    .filter(([, { disasters }]) => disasters === undefined || disasters.includes(disaster))
    .map(([role]) => roleAt(roles, role, now));
  return [...new Set(asked)].flatMap((role) => {
    const { primary, secondary } = roles[role] ?? {};
    if (primary === undefined) return [];
    return [{ role, primary: named(primary), ...(secondary === undefined ? {} : { secondary: named(secondary) }) }];
  });
}

/** The role that is asked for this one now: itself, or outside of its hours that which the plan names (GL-18). */
export function roleAt(roles: Record<string, Role> = {}, role: string, now: Date): string {
  const { hours } = roles[role] ?? {};
  return hours === undefined || isWithin(hours, now) ? role : hours.afterHours;
}

function isWithin({ timeZone, days, from, to }: Hours, now: Date): boolean {
  const format = { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const parts = new Intl.DateTimeFormat("en-GB", format).formatToParts(now);
  const part = (wanted: string) => parts.find(({ type }) => type === wanted)?.value ?? "";
  const time = `${part("hour")}:${part("minute")}`;
  return days.some((day) => day === part("weekday").toLowerCase()) && from <= time && time < to;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Hours that end before they begin, and nobody, or somebody with hours of their own, after them. */
const hoursProblems = ({ roles = {} }: People, names: readonly string[]): Problem[] =>
  Object.entries(roles).flatMap(([role, { hours }]) => {
    if (!hours) return [];
    const { from, to, afterHours } = hours;
    const path = `roles.${role}.hours`;
    return [
      ...(from < to ? [] : [{ path: `${path}.to`, message: `${to} is not after ${from}` }]),
      ...(names.includes(afterHours)
        ? []
        : [{ path: `${path}.afterHours`, message: `there is no role "${afterHours}"` }]),
      ...(roles[afterHours]?.hours
        ? [
            {
              path: `${path}.afterHours`,
              message: `${afterHours} has hours itself: at some time nobody would be asked`,
            },
          ]
        : []),
    ];
  });

/** Roles whose contacts are nobody's, and hours after which nobody is asked. `names`: of all roles. */
export const peopleProblems = (people: People, contacts: readonly string[], names: readonly string[]): Problem[] => [
  ...hoursProblems(people, names),
  ...Object.entries(people.roles ?? {}).flatMap(([role, { primary, secondary }]) =>
    Object.entries({ primary, secondary }).flatMap(([which, name]) =>
      name === undefined || contacts.includes(name)
        ? []
        : [{ path: `roles.${role}.${which}`, message: `there is no contact "${name}"` }],
    ),
  ),
];
