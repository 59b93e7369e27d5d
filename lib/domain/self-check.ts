import { BackupId, RestoreId } from "./ids.ts";
import type { RepositoryLayout } from "./repository-layout.ts";

/** One line of what `self-check` answers. `not tried`: what it needs was wrong already, which is no success. */
export type Trial = {
  tried: string;
  expected: string;
  happened: string;
  result: "ok" | "FAILED" | "not tried";
};

/** Anything but what was expected has failed: an answer that nobody knows, too. */
export const trial = (tried: string, expected: readonly string[], happened: string): Trial => ({
  tried,
  expected: expected.join(" or "),
  happened,
  result: expected.includes(happened) ? "ok" : "FAILED",
});

export const notTried = (tried: string, expected: readonly string[], because: string): Trial => ({
  tried,
  expected: expected.join(" or "),
  happened: because,
  result: "not tried",
});

/** Logical ids of the roles whose rights are asked for. */
export const CHECKED_ROLES = [
  ...(["CaptureTaskRole", "VerifyTaskRole", "RestoreTaskRole", "TaskExecutionRole", "CommitBackupRole"] as const),
  ...(["PrunePointsRole", "LockPointsRole", "RotateKeysRole", "CopyPointRole"] as const),
];
export type CheckedRole = (typeof CHECKED_ROLES)[number];

/** What each action is tried on; `anything` is for actions that have no resource. */
export type RightOn =
  | ("wrapping key" | "signing key" | "anything")
  | ("artifact" | "manifest" | "proof" | "wrapped key" | "audit entry" | "evidence");

export type Right = readonly [action: string, on: RightOn];
type Rights = { may: readonly Right[]; mayNot: readonly Right[] };

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html: whoever is not allowed is denied, by a word or without. */
export const decisionOf = (said: string): string =>
  said === "implicitDeny" || said === "explicitDeny" ? "denied" : said;

const NEVER: Rights["mayNot"] = [
  ["s3:BypassGovernanceRetention", "artifact"],
  ["s3:PutObjectLegalHold", "artifact"],
  ["s3:DeleteObject", "artifact"],
  ["s3:DeleteObjectVersion", "manifest"],
  ["s3:DeleteObjectVersion", "audit entry"],
];
const DELETES_NOTHING: Rights["mayNot"] = [...NEVER, ["s3:DeleteObjectVersion", "artifact"]];
const LOCKS_NOTHING: Rights["mayNot"] = [["s3:PutObjectRetention", "artifact"]];
const READS_PLAIN: Rights = {
  may: [
    ["kms:Decrypt", "wrapping key"],
    ["s3:GetObjectVersion", "artifact"],
  ],
  mayNot: [
    ...DELETES_NOTHING,
    ...LOCKS_NOTHING,
    ["kms:Sign", "signing key"],
    ["s3:PutObject", "artifact"],
    ["s3:PutObject", "manifest"],
    ["s3:PutObject", "proof"],
    ["s3:PutObject", "evidence"],
  ],
};

/** Who may do what, and what nobody may who has stolen a role: SECURITY.md, in the words of IAM. */
export const RIGHTS: Record<CheckedRole, Rights> = {
  CaptureTaskRole: {
    may: [
      ["kms:GenerateDataKey", "wrapping key"],
      ["s3:PutObject", "artifact"],
    ],
    mayNot: [
      ...DELETES_NOTHING,
      ...LOCKS_NOTHING,
      ["kms:Decrypt", "wrapping key"],
      ["kms:Sign", "signing key"],
      ["s3:PutObject", "manifest"],
      ["s3:PutObject", "proof"],
    ],
  },
  VerifyTaskRole: READS_PLAIN,
  RestoreTaskRole: READS_PLAIN,
  TaskExecutionRole: {
    may: [["ecr:GetAuthorizationToken", "anything"]],
    mayNot: [
      ["s3:GetObject", "artifact"],
      ["s3:PutObject", "artifact"],
      ["kms:Decrypt", "wrapping key"],
      ["kms:Sign", "signing key"],
    ],
  },
  CommitBackupRole: {
    may: [
      ["kms:Sign", "signing key"],
      ["s3:PutObject", "manifest"],
    ],
    mayNot: [
      ...DELETES_NOTHING,
      ...LOCKS_NOTHING,
      ["kms:Decrypt", "wrapping key"],
      ["s3:PutObject", "artifact"],
      ["s3:PutObject", "proof"],
    ],
  },
  PrunePointsRole: {
    may: [
      ["s3:DeleteObjectVersion", "artifact"],
      ["s3:DeleteObjectVersion", "wrapped key"],
    ],
    mayNot: [
      ...NEVER,
      ...LOCKS_NOTHING,
      ["s3:DeleteObjectVersion", "proof"],
      ["s3:DeleteObjectVersion", "evidence"],
      ["kms:Decrypt", "wrapping key"],
    ],
  },
  LockPointsRole: {
    may: [["s3:PutObjectRetention", "artifact"]],
    mayNot: [...DELETES_NOTHING, ["kms:Decrypt", "wrapping key"], ["kms:Sign", "signing key"]],
  },
  RotateKeysRole: {
    may: [
      ["kms:ReEncryptFrom", "wrapping key"],
      ["s3:PutObject", "wrapped key"],
    ],
    mayNot: [
      ...DELETES_NOTHING,
      ...LOCKS_NOTHING,
      ["kms:Decrypt", "wrapping key"],
      ["kms:ScheduleKeyDeletion", "wrapping key"],
    ],
  },
  CopyPointRole: {
    may: [["s3:GetObjectVersion", "artifact"]],
    mayNot: [
      ...DELETES_NOTHING,
      ...LOCKS_NOTHING,
      ["kms:Decrypt", "wrapping key"],
      ["kms:Sign", "signing key"],
      ["s3:PutObject", "manifest"],
    ],
  },
};

type Ground = {
  layout: RepositoryLayout;
  bucketArn: string;
  envelopeKey: string;
  signingKey: string;
};

/** ARNs of things that do not exist: a right is a matter of names. */
export function resourcesOf({ layout, bucketArn, envelopeKey, signingKey }: Ground): Record<RightOn, string> {
  const id = BackupId.parse("2026-01-01-000000-self-check");
  const on = (key: string) => `${bucketArn}/${key}`;
  return {
    "wrapping key": envelopeKey,
    "signing key": signingKey,
    anything: "*",
    artifact: on(layout.artifact(id, "self-check", 0, 1, "dump")),
    manifest: on(layout.manifest(id)),
    proof: on(layout.proof(id, "self-check", "verified", "verify-self-check")),
    "wrapped key": on(layout.wrappedKey(`${id}.self-check.0`, 1)),
    "audit entry": on(layout.auditEntry("2026-01-01", 1)),
    evidence: on(layout.evidence(RestoreId.parse("2026-01-01-000000-self"))),
  };
}
