import type { AfterHook, BeforeHook } from "#domain/hooks.ts";
import type { Plan } from "#domain/plan.ts";

/** What the hooks of the plan need, and nothing else: exactly the functions and services that it names. */
export function hooks({ sources, targets }: Plan) {
  const ofSources = Object.values(sources).flatMap((source) => all(source));
  const ofTargets = Object.values(targets).flatMap((target) => all(target));
  const functions = [...ofSources, ...ofTargets].flatMap(({ lambda }) => lambda?.functionArn ?? []);
  const services = [...ofSources, ...ofTargets].flatMap(({ ecsService }) => ecsService ?? []);
  const tasks = [
    ...(ofSources.some(({ sql }) => sql) ? ["Capture"] : []),
    ...(ofTargets.some(({ sql }) => sql) ? ["Restore"] : []),
  ];
  const Statement = [
    ...(functions.length > 0
      ? [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: unique(functions) }]
      : []),
    ...(services.length > 0
      ? [
          {
            Effect: "Allow",
            Action: ["ecs:DescribeServices", "ecs:UpdateService"],
            Resource: unique(services.map(({ cluster, service }) => `${cluster}/${service}`)).map((name) => ({
              "Fn::Sub": `arn:\${AWS::Partition}:ecs:\${AWS::Region}:\${AWS::AccountId}:service/${name}`,
            })),
          },
        ]
      : []),
    ...(tasks.length > 0 ? runTasks(tasks) : []),
  ];
  if (Statement.length === 0) return {};
  return {
    HooksOfThePlan: {
      Type: "AWS::IAM::Policy",
      Properties: {
        PolicyName: "run-the-hooks-of-the-plan",
        Roles: [{ Ref: "QuiesceRole" }, { Ref: "ResumeRole" }],
        PolicyDocument: { Version: "2012-10-17", Statement },
      },
    },
  };
}

const all = ({ hooks: of }: Pick<Plan["sources"][string], "hooks">): (BeforeHook & AfterHook)[] =>
  of ? [...of.before, ...of.after] : [];
const unique = (names: string[]) => [...new Set(names)].toSorted();

/** For SQL, which only tasks can run. */
function runTasks(kinds: string[]) {
  const onCluster = { ArnEquals: { "ecs:cluster": { "Fn::GetAtt": ["Cluster", "Arn"] } } };
  const roles = ["TaskExecutionRole", ...kinds.map((kind) => `${kind}TaskRole`)];
  return [
    {
      Effect: "Allow",
      Action: "ecs:RunTask",
      Resource: kinds.map((kind) => ({ Ref: `${kind}Task` })),
      Condition: onCluster,
    },
    // task ids are not known beforehand
    { Effect: "Allow", Action: "ecs:DescribeTasks", Resource: "*", Condition: onCluster },
    {
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: roles.map((role) => ({ "Fn::GetAtt": [role, "Arn"] })),
      Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
  ];
}
