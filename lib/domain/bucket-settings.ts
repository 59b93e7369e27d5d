/** The bucket as S3 says that it is. Undefined is what is not set. */
export type BucketSettings = {
  versioning: string | undefined;
  objectLock: string | undefined;
  encryption: { algorithm: string | undefined; kmsKey: string | undefined } | undefined;
  /** All four settings of the public access block. */
  isPublicAccessBlocked: boolean;
  sendsEvents: boolean;
  statements: PolicyStatement[];
};
export type PolicyStatement = { Sid?: string | undefined; Effect: string; Action?: unknown; Condition?: unknown };

/** What infra/repository.yml denies to everybody; a test holds the two against each other. */
const DENIED: readonly { sid: string; action: string; condition?: unknown }[] = [
  { sid: "OnlyTls", action: "s3:*", condition: { Bool: { "aws:SecureTransport": "false" } } },
  {
    sid: "NoKeysThatWeDoNotHold",
    action: "s3:PutObject",
    condition: { Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" } },
  },
  {
    sid: "NothingIsWrittenOver",
    action: "s3:PutObject",
    condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
  },
  { sid: "NothingOfTheAuditLogGoes", action: "s3:DeleteObject,s3:DeleteObjectVersion" },
];

/** What is not as the template has made it, a line each. `kmsKey`: the plan's. */
export function driftOf(settings: BucketSettings, kmsKey: string | undefined): string[] {
  const { versioning, objectLock, encryption, isPublicAccessBlocked, sendsEvents, statements } = settings;
  const wanted = kmsKey === undefined ? "AES256" : "aws:kms";
  const isEncrypted = encryption?.algorithm === wanted && (kmsKey === undefined || encryption.kmsKey === kmsKey);
  return [
    ...(versioning === "Enabled" ? [] : [`versioning is ${versioning ?? "off"}: what is written over is lost`]),
    ...(objectLock === "Enabled" ? [] : ["Object Lock is off: nothing can be kept from deletion"]),
    ...(isEncrypted ? [] : [`the default encryption is ${encryption?.algorithm ?? "off"}, not ${kmsKey ?? wanted}`]),
    ...(isPublicAccessBlocked ? [] : ["public access is not blocked"]),
    ...(sendsEvents ? [] : ["events to EventBridge are off: nothing is verified or watched over when it comes"]),
    ...DENIED.filter((rule) => !statements.some((statement) => isSame(statement, rule))).map(
      ({ sid }) => `its policy has lost the statement ${sid}, or it was changed`,
    ),
    ...statements
      .filter(({ Effect }) => Effect !== "Deny")
      .map(({ Sid = "without a Sid" }) => `its policy allows something: the statement ${Sid} is not the template's`),
  ];
}

const isSame = (statement: PolicyStatement, { sid, action, condition }: (typeof DENIED)[number]) =>
  statement.Sid === sid &&
  statement.Effect === "Deny" &&
  [statement.Action].flat().join() === action &&
  canonical(statement.Condition) === canonical(condition);

/** The same for any order of keys, and for one value alone or in a list, as IAM reads them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? canonical(value[0]) : `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${key}:${canonical(one)}`).join()}}`;
}
