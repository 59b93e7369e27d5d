import { z } from "zod";

const Statement = z.looseObject({
  Effect: z.literal("Allow"),
  Principal: z.union([z.string(), z.record(z.string(), z.unknown())]),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
const Permission = z.looseObject({
  Principal: z.unknown(),
  SourceArn: z.unknown().optional(),
  SourceAccount: z.unknown().optional(),
});
type Resources = Record<string, { Type: string; Properties?: Record<string, unknown> | undefined }>;

/** Services that do not say for whom they ask when they assume these roles; what can be misused there is written beside. */
const DO_NOT_SAY = [
  { service: "lambda.amazonaws.com", resource: /^\w+Role$/ }, // iam:PassRole alone makes a role a function's, and nobody here has it
  { service: "ecs-tasks.amazonaws.com", resource: /^TaskExecutionRole$/ }, // pulls the image and writes the logs, and reads nothing
];

/**
 * What lets somebody outside the account, or a service on behalf of somebody else (a confused deputy), in: each statement
 * anywhere in a template that allows something to everybody, to another account, or to a service without saying for whom.
 * Policies of VPC endpoints give nobody anything: they narrow what may pass.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function openToOthers(resources: Resources): string[] {
  return Object.entries(resources).flatMap(([name, { Type, Properties = {} }]) => [
    ...(Type === "AWS::Lambda::Permission" ? permissionProblems(name, Properties) : []),
    ...(Type === "AWS::EC2::VPCEndpoint" ? [] : allowing(Properties)).flatMap((statement) =>
      statementProblems(name, statement),
    ),
  ]);
}

function permissionProblems(name: string, properties: unknown): string[] {
  const { Principal, SourceArn, SourceAccount } = Permission.parse(properties);
  if (!isService(Principal)) return [`${name}: ${JSON.stringify(Principal)} may call the function`];
  return isOfThisAccount(SourceArn) || isOfThisAccount(SourceAccount)
    ? []
    : [`${name}: ${Principal} may call the function for anybody`];
}

function statementProblems(name: string, { Principal, Condition = {} }: z.infer<typeof Statement>): string[] {
  if (typeof Principal === "string") return [`${name}: allows something to ${Principal}`];
  const { Service = [], ...others } = Principal;
  const strangers = Object.values(others)
    .flat()
    .filter((one) => !isOfThisAccount(one));
  const asked = Object.values(Condition).flatMap((keys) => Object.entries(keys));
  const isForUs = asked.some(([key, value]) => /^aws:Source(Account|Arn)$/.test(key) && isOfThisAccount(value));
  const forAnybody = isForUs
    ? []
    : [Service]
        .flat()
        .filter((service) => !DO_NOT_SAY.some((one) => one.service === service && one.resource.test(name)));
  return [
    ...strangers.map((one) => `${name}: allows something to ${JSON.stringify(one)}`),
    ...forAnybody.map((service) => `${name}: allows something to ${service} for anybody`),
  ];
}

/** Every statement with a principal, wherever it stands. */
function allowing(within: unknown): z.infer<typeof Statement>[] {
  if (typeof within !== "object" || within === null) return [];
  const { data } = Statement.safeParse(within);
  return [...(data ? [data] : []), ...Object.values(within).flatMap(allowing)];
}

const isService = (principal: unknown): principal is string =>
  typeof principal === "string" && /^[a-z.-]+\.amazonaws\.com$/.test(principal);
const isOfThisAccount = (value: unknown) => JSON.stringify(value ?? "").includes("AWS::AccountId");
