import { placeOf } from "#domain/repository-key.ts";
import { problemOf, type Tampering } from "#domain/tampering.ts";
import type { Events } from "#ports/messaging.ts";

const NAMED_AT_MOST = 5;

type Ports = { stage: string; bucket: string; events: Events };

/** Raises one alarm per problem. `who` is what S3 said of the requester, where an event told. */
export async function raiseTampering(ports: Ports, found: readonly Tampering[], who?: string): Promise<number> {
  const problems = Map.groupBy(found, (one) => problemOf(one, placeOf(ports.stage, one.key)));
  for (const [problem, tamperings] of problems)
    await ports.events.emit({
      type: "AlarmRaised",
      detail: {
        stage: ports.stage,
        code: "RepositoryTampered",
        source: "repository",
        problem,
        message: [
          ...tamperings.slice(0, NAMED_AT_MOST).map(({ key, what, at }) => `${key} ${what} (${at.toISOString()}).`),
          ...(tamperings.length > NAMED_AT_MOST ? [`And ${tamperings.length - NAMED_AT_MOST} more like these.`] : []),
          who === undefined ? "Who did it: CloudTrail's data events of the bucket." : `By ${who}.`,
        ].join("\n"),
        next: next(ports, tamperings),
      },
    });
  return problems.size;
}

function next({ stage, bucket }: Ports, tamperings: readonly Tampering[]) {
  const [undone] = tamperings.filter(({ versionId }) => versionId !== undefined);
  const sweep = `npx sls invoke --stage ${stage} -f sweep-repository -d '{}'`;
  return {
    say: "take away the rights of whoever did this; see all of it; then take the later versions away, which brings the first ones back:",
    command:
      undone?.versionId === undefined
        ? sweep
        : `${sweep}\naws s3api delete-object --bucket ${bucket} --key '${undone.key.replaceAll("'", "'\\''")}' --version-id ${undone.versionId}`,
  };
}
