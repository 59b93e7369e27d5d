import type { Plan } from "#domain/plan.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { figuresOf, retentionTable } from "./describe-retention.ts";
import { judgeRetention } from "./judge-retention.ts";
import { openIndex, readFrom } from "./point-index.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { plan: Plan; stage: string; clock: Clock };
/** `startedAt`: when the sweep began whose first state this is; by hand there is none, and the clock counts. */
type Input = { source?: string | undefined; startedAt?: string | undefined };

/** What a sweep that began now would keep, let go of and delete, with the reason of every point. Writes and deletes nothing. */
export const planRetention =
  (ports: Ports) =>
  async ({ source, startedAt }: Input): Promise<Answer> => {
    const now = startedAt === undefined ? ports.clock() : new Date(startedAt);
    const index = await openIndex(ports);
    const judgement = await judgeRetention(ports, now, "ids" in index ? index : undefined);
    const sources = judgement.sources.filter((one) => source === undefined || one.source === source);
    const figures = sources.map((one) => figuresOf(one, now));
    const sum = (what: "keep" | "expire" | "prune") => figures.reduce((total, one) => total + one[what], 0);
    const frozen = figures.flatMap((one) =>
      one.frozen === undefined ? [] : [`${one.source} is frozen: ${one.frozen}`],
    );
    return {
      verdict: [
        `A sweep now would keep ${sum("keep")} points, let ${sum("expire")} expire and delete ${sum("prune")}`,
        ...frozen,
      ].join("; "),
      figures: {
        ...(startedAt === undefined ? { table: retentionTable({ ...judgement, sources }, now) } : {}), // states hold 256 KiB
        sources: figures,
        holds: judgement.holds,
        refused: judgement.refused,
        readFrom: readFrom(index),
      },
      next: `Nothing was deleted. To keep something: npx sls invoke --stage ${ports.stage} -f hold -d '{"source":"…","why":"…","requestedBy":"…"}'`,
    };
  };
