import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { packagedTemplate } from "./packaged.ts";

const { Resources, statements, ofType } = packagedTemplate("local");
const COPY = "arn:aws:s3:::holdfast-local-offsite";
const overThere = (role: string) =>
  statements(role)
    .filter(({ Resource }) => JSON.stringify(Resource).includes(COPY))
    .flatMap(({ Action, Resource }) => [Action].flat().map((action) => [action, [Resource].flat()]));

it("AP-6 starts a copy when a point is verified, and looks every day for one that is missing", () => {
  expect(Resources["CopyWhenVerified"]?.Properties).toMatchObject({
    EventPattern: { source: ["holdfast"], "detail-type": ["PointVerified"], detail: { stage: ["local"] } },
    Targets: [{ Arn: { Ref: "CopyMachine" } }],
  });
  expect(Resources["CopySweep"]?.Properties).toMatchObject({ Target: { Arn: { Ref: "CopyMachine" }, Input: "{}" } });
});

it("AP-2 sweeps each copy that has policies of its own at the times of the retention, by an execution that says where", () => {
  const { RetentionSweep: here, RetentionSweepOffsite: there } = Resources;
  expect(there?.Properties).toMatchObject({
    Name: "holdfast-local_retention_offsite",
    ScheduleExpression: here?.Properties?.["ScheduleExpression"],
    Target: { Arn: { Ref: "RetentionMachine" }, Input: '{"where":"offsite"}' },
  });
});

it("N7 lets only the copy write points into the copy's bucket; sweeps and holds may add their words, and nobody anything else", () => {
  const writers = ofType("AWS::IAM::Role").flatMap(([role]) =>
    overThere(role).flatMap(([action, on]) => (action === "s3:PutObject" ? [[role, on]] : [])),
  );
  const word = (...steps: string[]) => steps.map((step) => `${COPY}/local/expired/*-${step}.*`);
  expect(Object.fromEntries(writers)).toEqual({
    CopyPointRole: [`${COPY}/local/*`],
    ReadBackRole: [`${COPY}/local/*/proofs/*/copied-*`],
    ExpirePointsRole: word("expired", "kept"),
    PrunePointsRole: word("pruning", "pruned", "orphans"),
    HoldRole: word("kept"),
    OpenIncidentRole: word("kept"),
  });
});

it("C5 N7 lets one role delete there, versions of artifacts and of wrapped keys only, and one lock, which nobody may take off, and one thaw artifacts", () => {
  const rights = ofType("AWS::IAM::Role").flatMap(([role]) =>
    overThere(role).flatMap(([action, on]) =>
      /Delete|Bypass|RestoreObject|Put(Object)?(Retention|LegalHold)/.test(String(action)) ? [[role, action, on]] : [],
    ),
  );
  expect(rights).toEqual([
    ["ThawPointRole", "s3:RestoreObject", [`${COPY}/local/*.zst.gpg`]],
    ["PrunePointsRole", "s3:DeleteObjectVersion", [`${COPY}/local/*.zst.gpg`, `${COPY}/local/keys/*`]],
    ["LockPointsRole", "s3:PutObjectRetention", [`${COPY}/local/*`]],
  ]);
});

const Statement = z.looseObject({ Sid: z.string(), Effect: z.string(), Action: z.unknown() });
/** One role of the stage's account, by the name that CloudFormation gives it. */
const byRole = (role: string) => ({
  ArnLike: {
    "aws:PrincipalArn": `arn:\${AWS::Partition}:iam::\${Account}:role/holdfast-\${Stage}-${role}-*`,
  },
});
const copyBucket = () => {
  const text = readFileSync("infra/copy-bucket.yml", "utf8");
  return z
    .looseObject({
      Resources: z.object({
        CopyBucket: z.looseObject({ Properties: z.looseObject({}) }),
        CopyBucketPolicy: z.looseObject({
          Properties: z.looseObject({ PolicyDocument: z.looseObject({ Statement: z.array(Statement) }) }),
        }),
      }),
    })
    .parse(parse(text, { logLevel: "silent" })).Resources;
};

it("AS-11 AP-6 keeps the copy's bucket as the first one: versioned, lockable, encrypted, closed, and nothing written over", () => {
  const { CopyBucket, CopyBucketPolicy } = copyBucket();
  const first = Resources["RepositoryBucket"]?.Properties ?? {};
  for (const property of [
    "ObjectLockEnabled",
    "VersioningConfiguration",
    "BucketEncryption",
    "PublicAccessBlockConfiguration",
  ])
    expect(CopyBucket.Properties[property], property).toEqual(first[property]);
  const { Statement } = CopyBucketPolicy.Properties.PolicyDocument;
  expect(Statement.filter(({ Effect }) => Effect === "Deny").map(({ Sid }) => Sid)).toEqual([
    "OnlyTls",
    "NoKeysThatWeDoNotHold",
    "NothingIsWrittenOver",
  ]);
  const allowed = Statement.filter(({ Effect }) => Effect === "Allow");
  const changing = allowed.filter(({ Action }) =>
    /Delete|RestoreObject|Put\w*(Retention|LegalHold)|Bypass|\*/.test(String(Action)),
  );
  expect(changing.map(({ Sid, Resource, Condition }) => [Sid, Resource, Condition])).toEqual([
    ["ItsRestoresThaw", `\${CopyBucket.Arn}/\${Stage}/*.zst.gpg`, byRole("ThawPointRole")],
    ["ItsLockExtends", `\${CopyBucket.Arn}/\${Stage}/*`, byRole("LockPointsRole")],
    [
      "ItsSweepDeletes",
      [`\${CopyBucket.Arn}/\${Stage}/*.zst.gpg`, `\${CopyBucket.Arn}/\${Stage}/keys/*`],
      byRole("PrunePointsRole"),
    ],
  ]);
  expect(JSON.stringify(changing)).not.toContain("Bypass");
});

it("C5 T7 GL-8 moves what the copy's bucket holds to cheaper storage that is read at once, and expires nothing", () => {
  const { Rules } = z
    .object({ Rules: z.array(z.looseObject({ Id: z.string(), Transitions: z.unknown().optional() })) })
    .parse(copyBucket().CopyBucket.Properties["LifecycleConfiguration"]);

  expect(JSON.stringify(Rules)).not.toMatch(/Expiration/);
  expect(Rules.find(({ Id }) => Id === "tiers")?.Transitions).toEqual([
    { StorageClass: "STANDARD_IA", TransitionInDays: "InfrequentAfterDays" },
    ["IsArchived", { StorageClass: "GLACIER_IR", TransitionInDays: "ArchiveAfterDays" }, "AWS::NoValue"],
  ]);
});
