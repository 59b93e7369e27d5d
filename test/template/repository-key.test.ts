import { expect, it } from "vitest";
import { REPOSITORY_KEY } from "../suite/packages.ts";
import { packagedTemplate } from "./packaged.ts";

const { Resources, ofType, statements, actionsOf } = packagedTemplate("sse-kms");
const encryptionOf = (template: ReturnType<typeof packagedTemplate>) =>
  template.Resources["RepositoryBucket"]?.Properties?.["BucketEncryption"];

it("encrypts the bucket with the key that the plan names, and by S3's own where it names none", () => {
  expect(encryptionOf({ Resources, ofType, statements, actionsOf })).toEqual({
    ServerSideEncryptionConfiguration: [
      {
        ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: REPOSITORY_KEY },
        BucketKeyEnabled: true,
      },
    ],
  });
  expect(encryptionOf(packagedTemplate("local"))).toEqual({
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
  });
});

it("N7 lets every role that reads or writes objects use that key through S3 for this bucket, and no other role", () => {
  for (const [role] of ofType("AWS::IAM::Role")) {
    const touchesObjects = actionsOf(role).some((action) => /^s3:(Get|Put)Object$/.test(action));
    const uses = statements(role).filter(({ Resource }) => Resource === REPOSITORY_KEY);
    expect(uses.length, role).toBe(touchesObjects ? 1 : 0);
    for (const { Condition } of uses) {
      expect(Condition).toMatchObject({
        StringEquals: { "kms:ViaService": { "Fn::Sub": "s3.${AWS::Region}.amazonaws.com" } },
      });
      expect(JSON.stringify(Condition), role).toContain("kms:EncryptionContext:aws:s3:arn");
    }
  }
});

it("N7 still lets capture unwrap no data key: the bucket's key opens what S3 stores, not what was encrypted before", () => {
  const decrypts = statements("CaptureTaskRole").filter(({ Action }) => [Action].flat().includes("kms:Decrypt"));
  expect(decrypts.map(({ Resource }) => Resource)).toEqual([REPOSITORY_KEY]);
});
