import { describe, expect, it } from "vitest";
import { z } from "zod";
import { packagedTemplate } from "./packaged.ts";

const { Resources, ofType, statements, actionsOf } = packagedTemplate("local");
const roles = ofType("AWS::IAM::Role").map(([name]) => name);
const having = (isIt: (statement: ReturnType<typeof statements>[number]) => boolean) =>
  roles.filter((role) => statements(role).some(isIt)).toSorted();
const may = (action: string) => having(({ Action }) => [Action].flat().includes(action));

const Policy = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({ Effect: z.string(), Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() }),
    ),
  }),
});
/** `Allow lambda:InvokeFunction ApproveLambdaFunction`, line by line. */
function matrixOf(policy: string): string[] {
  const { Statement } = Policy.parse(Resources[policy]?.Properties).PolicyDocument;
  return Statement.flatMap(({ Effect, Action, Resource }) =>
    [Action].flat().flatMap((action) =>
      [Resource].flat().map((one) => {
        const { Ref, "Fn::GetAtt": of, "Fn::Sub": text } = z.looseObject({}).parse(one) as Record<string, string>;
        return `${Effect} ${action} ${Ref ?? of?.[0] ?? text?.replace(/^.*AccountId\}:/, "")}`;
      }),
    ),
  );
}

describe("the second person's roles in the packaged template", () => {
  it("N7 lets the function that approves make a waiting restore go on, and no other role at all", () => {
    expect(may("states:SendTaskSuccess")).toEqual(["ApproveRole"]);
    expect(may("states:SendTaskFailure")).toEqual(["CancelRestoreRole", "RefuseRole"]);
    const machinesOf = (role: string) =>
      statements(role)
        .filter(({ Action }) => `${Action}`.startsWith("states:SendTask"))
        .flatMap(({ Resource }) => Resource);
    const both = [{ Ref: "RestoreMachine" }, { Ref: "DropMachine" }];
    expect([machinesOf("ApproveRole"), machinesOf("RefuseRole")]).toEqual([both, both]);
    expect(machinesOf("CancelRestoreRole")).toEqual([{ Ref: "RestoreMachine" }]);
  });

  it("N7 lets nobody write a decision but the two functions that take one, and who starts restores read neither it nor the token", () => {
    const writing = having(
      ({ Action, Resource }) =>
        [Action].flat().includes("s3:PutObject") &&
        [Resource]
          .flat()
          .some((one) =>
            /RepositoryBucket.*\/local\/(\*|restores\/\*|restores\/\*\/approval-decided\*)"/.test(JSON.stringify(one)),
          ),
    );
    expect(writing).toEqual(["ApproveRole", "RefuseRole"]);
    const read = statements("StartRestoreRole").filter(({ Action }) => [Action].flat().includes("s3:GetObject"));
    expect(read.map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringContaining("/runs/target-*")]);
    expect(actionsOf("ApproveRole").filter((action) => /StartExecution|RunTask|Decrypt|Invoke/.test(action))).toEqual(
      [],
    );
  });

  it("N7 lets approvers decide and start nothing, and operators start and decide nothing: whoever is both is denied both", () => {
    const approvers = matrixOf("ApproversPolicy");
    const operators = matrixOf("OperatorsPolicy");

    expect(approvers).toEqual(
      expect.arrayContaining([
        "Allow lambda:InvokeFunction ApproveLambdaFunction",
        "Allow lambda:InvokeFunction RefuseLambdaFunction",
        "Deny lambda:InvokeFunction StartDashrestoreLambdaFunction",
        "Deny lambda:InvokeFunction RollbackDashrestoreLambdaFunction",
        "Deny states:StartExecution RestoreMachine",
        "Deny states:StartExecution RestoreAllMachine",
        "Deny states:StartExecution DropMachine",
        "Deny states:RedriveExecution execution:holdfast-local-restore*",
        "Deny states:RedriveExecution execution:holdfast-local-drop*",
        "Deny states:SendTaskSuccess RestoreMachine",
      ]),
    );
    expect(operators).toEqual(
      expect.arrayContaining([
        "Allow lambda:InvokeFunction StartDashrestoreLambdaFunction",
        "Deny lambda:InvokeFunction ApproveLambdaFunction",
        "Deny states:SendTaskSuccess RestoreMachine",
        "Deny states:SendTaskSuccess DropMachine",
        "Deny states:RedriveExecution execution:holdfast-local-restore*",
        "Deny states:RedriveExecution execution:holdfast-local-drop*",
      ]),
    );
    const allowed = (lines: string[]) => lines.filter((line) => line.startsWith("Allow"));
    expect(allowed(approvers).filter((line) => /Start|Rollback/.test(line))).toEqual([]);
    expect(
      allowed(operators).filter((line) => /Approve|Refuse|BreakDash|CheckDashinterlock|AskDash|states:/.test(line)),
    ).toEqual([]);
  });
});
