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

export const Role = z.strictObject({
  primary: Name.describe("A contact."),
  secondary: Name.optional().describe("The contact for when the first one does not answer."),
  disasters: z.array(Disaster).min(1).optional().describe("What this role is asked for; everything without it."),
});
export type Role = z.infer<typeof Role>;

/** Whom `what-now` names, in the plan's order. */
export type Called = { role: string; primary: Contact; secondary?: Contact };
type People = { contacts?: Record<string, Contact>; roles?: Record<string, Role> };

/** The roles that this disaster is for. Without roles everybody. */
export function calledFor({ contacts = {}, roles = {} }: People, disaster: Disaster): Called[] {
  const named = (name: string): Contact => ({ name, ...contacts[name] });
  if (Object.keys(roles).length === 0) return Object.keys(contacts).map((role) => ({ role, primary: named(role) }));
  return Object.entries(roles)
    .filter(([, { disasters }]) => disasters === undefined || disasters.includes(disaster))
    .map(([role, { primary, secondary }]) => ({
      role,
      primary: named(primary),
      ...(secondary === undefined ? {} : { secondary: named(secondary) }),
    }));
}

/** Roles whose contacts are nobody's. */
export const peopleProblems = ({ roles = {} }: People, contacts: readonly string[]): Problem[] =>
  Object.entries(roles).flatMap(([role, { primary, secondary }]) =>
    Object.entries({ primary, secondary }).flatMap(([which, name]) =>
      name === undefined || contacts.includes(name)
        ? []
        : [{ path: `roles.${role}.${which}`, message: `there is no contact "${name}"` }],
    ),
  );
