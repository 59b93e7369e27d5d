import { describeError } from "#domain/errors.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { ok, problem, type SourceCheck } from "#domain/source-check.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { DataKeys, Secrets } from "#ports/keys.ts";
import type { Uploads } from "#ports/repository.ts";

/** Of little patience: what does not answer here is asked once more and then named. */
export type AwsProbes = { uploads: Uploads; keys: DataKeys; secrets: Secrets };
type Input = Pick<TaskInputOf<"check">, "runId" | "task" | "source">;

/** Begins an upload as a capture does, and takes it back: nothing stays, and nothing was ever visible. */
export const checkUploads = (
  { uploads }: AwsProbes,
  layout: RepositoryLayout,
  { runId, task }: Input,
  signal: AbortSignal,
) =>
  checkService("S3", "a gateway endpoint for S3 in their route tables", async () => {
    const upload = await uploads.begin(layout.probe(runId, task), signal);
    await upload.abort();
    return "the repository takes an artifact: one was begun, and taken back";
  });

/** A key that is thrown away, in the context of a capture of this source. */
export const checkKey = ({ keys }: AwsProbes, { runId, source }: Input) =>
  checkService("KMS", interfaceEndpoint("kms"), async () => {
    const { wrappedKey } = await keys.generate({ backupId: runId, source });
    return `${wrappedKey.kmsKey} gives data keys`;
  });

/** A point's manifest, as a restore reads it. */
export async function checkManifest<Point extends RecoveryPoint>(
  name: string,
  read: () => Promise<Point>,
): Promise<{ check: SourceCheck; point?: Point }> {
  const found: { point?: Point } = {};
  const check = await checkService("S3", "a gateway endpoint for S3 in their route tables", async () => {
    found.point = await read();
    return `the manifest of ${name} can be read`;
  });
  return { ...found, check };
}

/** A point's data key, which is unwrapped and thrown away. */
export const checkKeyOf = (name: string, unwrap: () => Promise<unknown>) =>
  checkService("KMS", interfaceEndpoint("kms"), async () => {
    await unwrap();
    return `the data key of ${name} can be unwrapped`;
  });

export const checkSecret = ({ secrets }: AwsProbes, arn: string) =>
  checkService("Secrets Manager", interfaceEndpoint("secretsmanager"), async () => {
    await secrets.read(arn);
    return "its secret can be read";
  });

const interfaceEndpoint = (service: string) =>
  `an interface endpoint for ${service} whose security group lets the tasks' in on port 443`;

async function checkService(name: string, endpoint: string, ask: () => Promise<string>): Promise<SourceCheck> {
  try {
    return ok(name, await ask());
  } catch (error) {
    const { name: kind, message } = describeError(error);
    const code = error instanceof Error && "code" in error ? String(error.code) : kind;
    return problem(
      name,
      UNREACHED.test(`${code} ${kind}`)
        ? `can't be reached from the tasks' subnets (${code}: ${message}): give them ${endpoint}, or a NAT gateway`
        : `refuses (${kind}: ${message}): see the policies of the task's role, of the endpoint, and of the key, secret or bucket`,
    );
  }
}

/** Codes of Node's sockets, and the SDK's own name for what took too long. */
const UNREACHED = /ETIMEDOUT|TimeoutError|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN/;
