import { createPublicKey, sign, verify } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { s3Eraser } from "#adapters/aws/eraser.ts";
import { s3Repository } from "#adapters/aws/repository.ts";
import { auditLog } from "#app/audit-log.ts";
import type { Plan } from "#domain/plan.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";
import type { SignatureCheck, Signer } from "#ports/keys.ts";

export const STAGE = "bench";
export const layout = repositoryLayout(STAGE);
export const HOUR_MS = 3600 * 1000;
export const SOURCES = ["billing", "orders", "search", "sessions", "users"];

/** Five sources, each backed up every six hours and kept for 400 days; a sweep each night. */
const plan: Plan = {
  sources: Object.fromEntries(
    SOURCES.map((name) => [
      name,
      {
        engine: "postgresql",
        restoreTo: "staging",
        compression: 3,
        secret: "arn:bench",
        connection: { host: "db", port: 5432 },
        databases: [name],
      },
    ]),
  ),
  targets: {},
  backups: Object.fromEntries(SOURCES.map((name) => [`often-${name}`, { schedule: "0 */6 * * *", sources: [name] }])),
  objectives: Object.fromEntries(SOURCES.map((name) => [name, { rpo: "24h", rto: "30m" }])),
  retention: { schedule: "0 4 * * *", default: { days: 400, count: 2, monthly: 24 }, sources: {} },
  encryption: { escrow: "none", because: "a bench" },
  tell: {},
};

/** What the functions are wired with, but for KMS, whose key is this one (PEM). `now`: where the clock stands. */
export function benchPorts(s3: S3Client, bucket: string, privateKey: string, now: Date) {
  const repository = s3Repository(s3, bucket);
  const publicKey = createPublicKey(privateKey);
  const signer: Signer = { sign: async (bytes) => sign("sha256", bytes, privateKey) };
  const signatures: SignatureCheck = {
    isSignedByUs: async (bytes, signature) => verify("sha256", bytes, publicKey, signature),
    fingerprint: async () => "",
  };
  const signing = { repository, layout, signatures, signer, clock: () => now };
  return {
    ...signing,
    plan,
    stage: STAGE,
    bucket,
    audit: auditLog(signing),
    eraser: s3Eraser(s3, bucket),
    events: { emit: async () => {} },
    log: { info: () => {}, error: () => {}, belongsTo: () => {} },
    check: async () => {},
  };
}
