import { readEscrow, readPlan } from "#adapters/plan-file.ts";
import { REPOSITORY, SWEEP_OF_COPIES } from "#domain/copies.ts";
import type { Plan } from "#domain/plan.ts";
import { scheduleOfSweep, sweptPlaces } from "#domain/retention-rules.ts";
import { eventBridgeCron } from "#domain/schedule.ts";
import { engineSections } from "#engines/descriptions.ts";
import { acknowledgeLink } from "./acknowledge-link.ts";
import { copies } from "./copies.ts";
import { fileSystems } from "./file-systems.ts";
import { hooks } from "./hooks.ts";
import { repositoryKey } from "./repository-key.ts";

/** Everything in the template that follows from the plan: schedules, secrets, file systems, hooks, who is mailed, the bucket's key, copies. */
export function fromPlan(stage: string) {
  const plan = readPlan(".", stage, engineSections);
  readEscrow(".", plan); // an escrow key that is missing must stop the deployment, not a backup at night
  return {
    Resources: {
      ...schedules(stage, plan),
      ...sweepOfRetention(stage, plan),
      ...secretPolicies(plan),
      ...fileSystems(plan),
      ...hooks(plan),
      ...mails(plan),
      ...roleTopics(stage, plan),
      ...acknowledgeLink(stage, plan),
      ...repositoryKey(plan),
      ...copies(stage, plan),
      ...sweepOfCopies(stage, plan),
    },
  };
}

export const pinnedKey = (stage: string) => readPlan(".", stage, engineSections).signing?.publicKeySha256 ?? "none";

const logicalId = (name: string) => name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase());

const schedules = (stage: string, { backups }: Plan) =>
  Object.fromEntries(
    Object.entries(backups).map(([name, { schedule }]) => [
      `${logicalId(name)}Schedule`,
      startOnSchedule(`holdfast-${stage}-${name}`, schedule, "BackupMachine", {
        backup: name,
        scheduledTime: "<aws.scheduler.scheduled-time>",
      }),
    ]),
  );

/** One sweep for each place. */
const sweepOfRetention = (stage: string, plan: Plan) =>
  Object.fromEntries(
    plan.retention === undefined
      ? []
      : sweptPlaces(plan).map((where) => {
          const isFirst = where === REPOSITORY;
          const name = `holdfast-${stage}${scheduleOfSweep(where)}`;
          return [
            `RetentionSweep${isFirst ? "" : logicalId(where)}`,
            startOnSchedule(name, plan.retention?.schedule ?? "", "RetentionMachine", isFirst ? {} : { where }),
          ];
        }),
  );

const sweepOfCopies = (stage: string, { copies: all }: Plan) =>
  all ? { CopySweep: startOnSchedule(`holdfast-${stage}_copy`, SWEEP_OF_COPIES, "CopyMachine", {}) } : {};

const startOnSchedule = (name: string, schedule: string, machine: string, input: object) => ({
  Type: "AWS::Scheduler::Schedule",
  Properties: {
    Name: name,
    ScheduleExpression: eventBridgeCron(schedule),
    ScheduleExpressionTimezone: "UTC",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn: { Ref: machine },
      RoleArn: { "Fn::GetAtt": ["ScheduleRole", "Arn"] },
      Input: JSON.stringify(input),
      DeadLetterConfig: { Arn: { "Fn::GetAtt": ["DeadLetters", "Arn"] } },
    },
  },
});

function secretPolicies(plan: Plan) {
  const secretsOf = (entries: Record<string, Record<string, unknown>>) =>
    Object.values(entries).flatMap(({ secret }) => (typeof secret === "string" ? [secret] : []));
  const sources = secretsOf(plan.sources);
  const targets = secretsOf(plan.targets);
  const strangers = secretsOf(
    Object.fromEntries(Object.entries(plan.targets).filter(([, { source }]) => source === undefined)),
  ); // their safety points
  const channels = secretsOfChannels(plan.tell);
  return {
    ...readSecrets("CaptureSecrets", "CaptureTaskRole", [...sources, ...strangers]),
    ...readSecrets("RestoreSecrets", "RestoreTaskRole", targets),
    ...readSecrets("WatchSecrets", "WatchRole", plan.tell.deadMan ? [plan.tell.deadMan.urlSecret] : []),
    ...readSecrets("AnnounceSecrets", "AnnounceRole", channels),
  };
}

const readSecrets = (id: string, role: string, secrets: string[]) =>
  secrets.length === 0
    ? {}
    : {
        [id]: {
          Type: "AWS::IAM::Policy",
          Properties: {
            PolicyName: "read-secrets-of-the-plan",
            Roles: [{ Ref: role }],
            PolicyDocument: {
              Version: "2012-10-17",
              Statement: [
                {
                  Effect: "Allow",
                  Action: "secretsmanager:GetSecretValue",
                  Resource: [...new Set(secrets)].flatMap(withSuffix),
                },
              ],
            },
          },
        },
      };

/** Secrets Manager adds six characters to the ARN that a plan may leave out. */
const withSuffix = (arn: string) => [arn, `${arn}-??????`];

const mails = ({ tell }: Plan) =>
  Object.fromEntries(
    (tell.email ?? []).flatMap((address, index) =>
      ["Warning", "Critical"].map((severity) => [
        `${severity}Mail${index}`,
        {
          Type: "AWS::SNS::Subscription",
          Properties: { Protocol: "email", Endpoint: address, TopicArn: { Ref: `${severity}Topic` } },
        },
      ]),
    ),
  );

/** A topic per role, with the mail and the phones of its contacts. */
const roleTopics = (stage: string, { roles = {}, contacts = {} }: Plan) =>
  Object.fromEntries(
    Object.entries(roles).flatMap(([role, { primary, secondary }]) => {
      const id = `${logicalId(role)}RoleTopic`;
      const people = [primary, secondary].flatMap((name) => (name === undefined ? [] : (contacts[name] ?? [])));
      const endpoints = people.flatMap(({ email, phone }) => [
        ...(email === undefined ? [] : [{ Protocol: "email", Endpoint: email }]),
        ...(phone === undefined ? [] : [{ Protocol: "sms", Endpoint: phone }]),
      ]);
      return [
        [id, { Type: "AWS::SNS::Topic", Properties: { TopicName: `holdfast-${stage}-role-${role}` } }],
        ...endpoints.map((endpoint, index) => [
          `${id}Contact${index}`,
          { Type: "AWS::SNS::Subscription", Properties: { ...endpoint, TopicArn: { Ref: id } } },
        ]),
      ];
    }),
  );

function secretsOfChannels({ slack, pagerDuty, webhook }: Plan["tell"]): string[] {
  const ofSlack = slack && ("botTokenSecret" in slack ? slack.botTokenSecret : slack.webhookSecret);
  return [ofSlack, pagerDuty?.routingKeySecret, webhook?.secret].filter((arn) => arn !== undefined);
}
