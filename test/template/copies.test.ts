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

it("N7 lets only the copy reach the copy's bucket to write, and nobody delete there; reading back may add its proof", () => {
  const writers = ofType("AWS::IAM::Role").flatMap(([role]) =>
    overThere(role).flatMap(([action, on]) => (action === "s3:PutObject" ? [[role, on]] : [])),
  );
  expect(writers).toEqual([
    ["CopyPointRole", [`${COPY}/local/*`]],
    ["ReadBackRole", [`${COPY}/local/*/proofs/*/copied-*`]],
  ]);
  for (const [role] of ofType("AWS::IAM::Role"))
    expect(
      overThere(role).filter(([action]) => /Delete|Bypass|Retention|LegalHold/.test(String(action))),
      role,
    ).toEqual([]);
});

const Statement = z.looseObject({ Sid: z.string(), Effect: z.string(), Action: z.unknown() });
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
  const allowed = Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => [Action].flat());
  expect(allowed.filter((action) => /Delete|Retention|Bypass|LegalHold|\*/.test(String(action)))).toEqual([]);
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
