import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Packaged, templateOf } from "../suite/packages.ts";

const Template = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
  ),
});
const Statement = z.looseObject({
  Effect: z.string(),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown(),
  Condition: z.unknown().optional(),
});
const Policy = z.object({ PolicyDocument: z.object({ Statement: z.array(Statement) }) });

/** What `sls package` made of the files: the test command packages before it runs these tests. */
export function packagedTemplate(name: Packaged) {
  const { Resources } = Template.parse(JSON.parse(readFileSync(templateOf(name), "utf8")));
  const ofType = (type: string) => Object.entries(Resources).filter(([, resource]) => resource.Type === type);

  /** Every statement of a role, those attached by policies of their own included. */
  const statements = (role: string): z.infer<typeof Statement>[] => {
    const inline = z.array(Policy).parse(Resources[role]?.Properties?.["Policies"] ?? []);
    const attached = ofType("AWS::IAM::Policy")
      .filter(([, { Properties }]) => JSON.stringify(Properties?.["Roles"]).includes(`"${role}"`))
      .map(([, { Properties }]) => Policy.parse(Properties));
    return [...inline, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  };
  const actionsOf = (role: string) => statements(role).flatMap(({ Action }) => Action);
  return { Resources, ofType, statements, actionsOf };
}
