import { describe, expect, it } from "vitest";
import { z } from "zod";
import { SCRATCH_PORT } from "#engines/redis/config.ts";
import { packagedTemplate } from "./packaged.ts";

const { Resources, ofType, statements, actionsOf } = packagedTemplate("local");

const Target = z.looseObject({
  Arn: z.looseObject({ "Fn::GetAtt": z.array(z.string()).optional() }),
  DeadLetterConfig: z.unknown().optional(),
});

describe("the packaged template", () => {
  it("N7 lets capture generate data keys and never unwrap one, delete, or shorten a lock", () => {
    const actions = actionsOf("CaptureTaskRole");
    expect(actions).toContain("kms:GenerateDataKey");
    expect(
      actions.filter((action) => /Decrypt|Delete|Retention|LegalHold|Bypass|PutBucket|PutLifecycle|\*/.test(action)),
    ).toEqual([]);
  });

  it("C5 N7 gives nobody the right to delete but the sweep of retention, and that one versions of artifacts and wrapped keys only", () => {
    const deleting = ofType("AWS::IAM::Role").flatMap(([role]) =>
      statements(role)
        .filter(({ Action }) => [Action].flat().some((action) => action.startsWith("s3:Delete")))
        .map(({ Action, Resource }) => ({ role, Action, Resource })),
    );
    expect(deleting).toEqual([
      {
        role: "PrunePointsRole",
        Action: ["s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"],
        Resource: ["*.zst.gpg", "keys/*"].map((what) => ({ "Fn::Sub": `\${RepositoryBucket.Arn}/local/${what}` })),
      },
      {
        role: "PrunePointsRole",
        Action: ["s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"],
        Resource: ["*.zst.gpg", "keys/*"].map((what) => `arn:aws:s3:::holdfast-local-offsite/local/${what}`),
      },
    ]);
    expect(
      actionsOf("PrunePointsRole").filter((action) => /Bypass|PutObjectRetention|PutObjectLegalHold/.test(action)),
    ).toEqual([]);
  });

  it("A2 lets each function whose failures go to the dead-letter queue send there: AWS deploys none that may not", () => {
    const named = z.looseObject({
      FunctionName: z.object({ Ref: z.string() }),
      DestinationConfig: z.object({ OnFailure: z.unknown().optional() }),
    });
    const roleOf = z.looseObject({ Role: z.object({ "Fn::GetAtt": z.array(z.string()) }) });
    const roles = ofType("AWS::Lambda::EventInvokeConfig").flatMap(([, { Properties }]) => {
      const { FunctionName, DestinationConfig } = named.parse(Properties);
      if (DestinationConfig.OnFailure === undefined) return [];
      return [roleOf.parse(Resources[FunctionName.Ref]?.Properties).Role["Fn::GetAtt"][0] ?? ""];
    });
    expect(roles).toContain("AnnounceRole");
    expect(roles.filter((role) => !actionsOf(role).includes("sqs:SendMessage"))).toEqual([]);
  });

  it("O13 lets everybody who may say something of a point note it for the index", () => {
    const puts = ofType("AWS::IAM::Role").map(([role]) => ({
      role,
      keys: JSON.stringify(
        statements(role).flatMap(({ Action, Resource }) =>
          [Action].flat().includes("s3:PutObject") ? [Resource] : [],
        ),
      ),
    }));
    const saying = puts.filter(({ keys }) =>
      /RepositoryBucket[^"]*\/(expired\/|\*\/proofs\/\*\/(?!copied))/.test(keys),
    );
    expect(saying.map(({ role }) => role)).toContain("HoldRole");
    expect(saying.filter(({ keys }) => !keys.includes("/runs/changes-*"))).toEqual([]);
  });

  it("T2 lets everybody who has a task read a point note it for the sweep", () => {
    for (const role of ["PlanVerifyRole", "PlanRestoreRole", "CheckInterlockRole"])
      expect(JSON.stringify(statements(role)), role).toMatch(/RepositoryBucket[^"]*\/runs\/reading-\*/);
  });

  it("AS-13 GL-6 starts the sweep of retention on the plan's day, in UTC", () => {
    expect(Resources["RetentionSweep"]?.Properties).toMatchObject({
      ScheduleExpression: "cron(0 4 ? * 1 *)",
      ScheduleExpressionTimezone: "UTC",
      Target: { Arn: { Ref: "RetentionMachine" }, Input: "{}" },
    });
  });

  it("N7 lets no role both open data keys and sign", () => {
    const rolesWith = (wanted: string) =>
      ofType("AWS::IAM::Role").flatMap(([role]) => (actionsOf(role).includes(wanted) ? [role] : []));
    expect(rolesWith("kms:Sign").toSorted()).toEqual([
      "ApproveRole",
      "AskForApprovalRole",
      "BreakGlassRole",
      "CancelRestoreRole",
      "CloseIncidentRole",
      "CommitBackupRole",
      "ExpirePointsRole",
      "ExportAuditRole",
      "HoldRole",
      "IndexPointsRole",
      "OpenIncidentRole",
      "PlanRestoreRole",
      "PrunePointsRole",
      "QuarantineRole",
      "ReadBackRole",
      "RecordDropsRole",
      "RecordEvidenceRole",
      "RecordProofsRole",
      "RefuseRole",
      "ReleaseHoldRole",
      "ReleaseRole",
      "RollbackRestoreRole",
      "RotateKeysRole",
      "TickStepRole",
    ]);
    expect(rolesWith("kms:Decrypt").toSorted()).toEqual(["RestoreTaskRole", "VerifyTaskRole"]);
  });

  it("N7 T6 lets one role lock what is kept, and nobody take a lock off or shorten it", () => {
    const having = (wanted: RegExp) =>
      ofType("AWS::IAM::Role").flatMap(([role]) =>
        actionsOf(role).some((action) => wanted.test(action)) ? [role] : [],
      );
    const ownObjects = "SelfCheckRole"; // below runs/self-check-*, which holds no point: test/template/self-check.test.ts
    expect(having(/PutObjectRetention/).filter((role) => role !== ownObjects)).toEqual(["LockPointsRole"]);
    expect(having(/Bypass|PutObjectLegalHold|PutBucketObjectLock/)).toEqual([]);
    expect(having(/RestoreObject/)).toEqual(["ThawPointRole"]);
  });

  it("AS-12 lets the wrapping key be rotated each quarter, and its function wrap data keys from that key to that key only", () => {
    expect(Resources["EnvelopeKey"]?.Properties).toMatchObject({ EnableKeyRotation: true, RotationPeriodInDays: 90 });
    const ofKeys = statements("RotateKeysRole").filter(({ Action }) => JSON.stringify(Action).includes("ReEncrypt"));
    expect(ofKeys.map(({ Resource }) => Resource)).toEqual([{ "Fn::GetAtt": ["EnvelopeKey", "Arn"] }]);
  });

  it("N7 lets check-plan read manifests with their signatures, and neither an artifact, a proof nor a key", () => {
    const reads = statements("CheckPlanRole").filter(({ Action }) =>
      [Action].flat().some((one) => one.startsWith("s3:")),
    );
    expect(reads.map(({ Action, Resource }) => [Action, JSON.stringify(Resource)])).toEqual([
      ["s3:ListBucket", expect.stringContaining("RepositoryBucket")],
      ["s3:GetObject", expect.stringContaining("/local/*/manifest.*")],
    ]);
    expect(actionsOf("CheckPlanRole").filter((action) => action.startsWith("kms:"))).toEqual(["kms:GetPublicKey"]);
  });

  it("N7 gives every function and every task a role of its own", () => {
    const roles = ofType("AWS::Lambda::Function").map(([, { Properties }]) => JSON.stringify(Properties?.["Role"]));
    const tasks = ofType("AWS::ECS::TaskDefinition").map(([, { Properties }]) =>
      JSON.stringify(Properties?.["TaskRoleArn"]),
    );
    expect(new Set([...roles, ...tasks]).size).toBe(roles.length + tasks.length);
    expect(tasks).toHaveLength(3);
  });

  it("SK-16 N7 uses no action with a wildcard in any role", () => {
    for (const [role] of ofType("AWS::IAM::Role"))
      expect(
        actionsOf(role).filter((action) => action.includes("*")),
        role,
      ).toEqual([]);
  });

  it("IS-5 SK-16 lets no role do anything in S3 outside the repository's bucket and the buckets of its copies", () => {
    const ofS3 = ofType("AWS::IAM::Role").flatMap(([role]) =>
      statements(role).filter(({ Action }) => [Action].flat().some((action) => action.startsWith("s3:"))),
    );
    expect(ofS3.length).toBeGreaterThan(10);
    for (const { Resource } of ofS3)
      for (const resource of [Resource].flat())
        expect(JSON.stringify(resource)).toMatch(/RepositoryBucket|arn:aws:s3:::holdfast-local-offsite/);
  });

  it("puts a dead-letter queue behind every asynchronous edge", () => {
    const targets = ofType("AWS::Events::Rule").flatMap(([, { Properties }]) =>
      z.array(Target).parse(Properties?.["Targets"]),
    );
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(target.DeadLetterConfig).toBeDefined();
    for (const [, { Properties }] of ofType("AWS::Scheduler::Schedule"))
      expect(JSON.stringify(Properties)).toContain("DeadLetterConfig");
    const invoked = targets.flatMap(({ Arn }) => Arn["Fn::GetAtt"]?.[0] ?? []);
    const functions = invoked.filter((name) => name.endsWith("LambdaFunction"));
    const bounded = ofType("AWS::Lambda::EventInvokeConfig").map(([name]) => name);
    expect(functions.length).toBeGreaterThan(5);
    for (const name of functions) expect(bounded).toContain(name.replace("LambdaFunction", "LambdaEvConf"));
  });

  it("AS-2 AP-2 IS-2 IS-6 GL-2 makes a schedule of every backup in the plan, in UTC, at its hour", () => {
    const [[, schedule] = []] = ofType("AWS::Scheduler::Schedule");
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: "cron(0 2 * * ? *)",
      ScheduleExpressionTimezone: "UTC",
    });
  });

  it("AS-11 IS-4 keeps the bucket versioned, locked, encrypted, closed to the public, TLS only, and tells EventBridge", () => {
    expect(Resources["RepositoryBucket"]?.Properties).toMatchObject({
      ObjectLockEnabled: true,
      VersioningConfiguration: { Status: "Enabled" },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect(JSON.stringify(Resources["RepositoryBucketPolicy"])).toContain("aws:SecureTransport");
  });

  const ofBucketPolicy = (sid: string) =>
    z
      .looseObject({ PolicyDocument: z.object({ Statement: z.array(z.looseObject({ Sid: z.string() })) }) })
      .parse(Resources["RepositoryBucketPolicy"]?.Properties)
      .PolicyDocument.Statement.find(({ Sid }) => Sid === sid);

  it("R7 lets nobody store an object under a key of their own (SSE-C), which would shut everybody else out", () => {
    expect(ofBucketPolicy("NoKeysThatWeDoNotHold")).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: "s3:PutObject", // of parts and copies, too
      Resource: { "Fn::Sub": "${RepositoryBucket.Arn}/*" },
      Condition: { Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" } },
    });
  });

  it("GL-20 AP-23 lets nobody delete an entry of the audit log, whatever a role's own policy says: it is kept for longer than seven years", () => {
    expect(ofBucketPolicy("NothingOfTheAuditLogGoes")).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
      Resource: { "Fn::Sub": "${RepositoryBucket.Arn}/local/audit/*" },
    });
  });

  it("N7 lets nobody write over an object, whatever a role's own policy says: only creating is allowed", () => {
    expect(ofBucketPolicy("NothingIsWrittenOver")).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: "s3:PutObject",
      Resource: { "Fn::Sub": "${RepositoryBucket.Arn}/local/*" },
      Condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
    });
  });

  it("C5 T7 lets no lifecycle rule expire anything but the records of runs", () => {
    const rules = z
      .object({
        Rules: z.array(z.looseObject({ Prefix: z.string().optional(), ExpirationInDays: z.number().optional() })),
      })
      .parse(Resources["RepositoryBucket"]?.Properties?.["LifecycleConfiguration"]).Rules;
    expect(rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined).map(({ Prefix }) => Prefix)).toEqual([
      "local/runs/",
    ]);
  });

  it("opens exactly one port, from Redis targets to the scratch server of a restore", () => {
    const open = ofType("AWS::EC2::SecurityGroup").flatMap(([, { Properties }]) =>
      z.array(z.looseObject({ FromPort: z.number() })).parse(Properties?.["SecurityGroupIngress"] ?? []),
    );
    expect(open.map(({ FromPort }) => FromPort)).toEqual([SCRATCH_PORT]);
  });

  it("IS-6 keeps every log for a while and not for ever", () => {
    for (const [name, { Properties }] of ofType("AWS::Logs::LogGroup"))
      expect(Properties?.["RetentionInDays"], name).toBeGreaterThan(30);
  });
});
