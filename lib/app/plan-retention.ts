import { REPOSITORY } from "#domain/copies.ts";
import { describeError } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import { sweptPlaces } from "#domain/retention-rules.ts";
import type { RetentionRequested } from "#events/retention-requested.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { figuresOf, retentionTable } from "./describe-retention.ts";
import { judgeRetention, type RetentionJudgement } from "./judge-retention.ts";
import type { OpenCopy } from "./open-copy.ts";
import { openIndex, readFrom } from "./point-index.ts";
import type { Answer } from "./start-backup.ts";
import { sweptPlace } from "./swept-place.ts";

type Ports = CatalogPorts & { openCopy: OpenCopy; plan: Plan; stage: string; clock: Clock };
/** `startedAt`, `input`: of the sweep whose first state this is; by hand there is none, and the clock counts. */
type Input = RetentionRequested & {
  source?: string | undefined;
  startedAt?: string | undefined;
  input?: RetentionRequested | undefined;
};
/** `from`: in words, what was read. */
type Judged = { where: string; judgement: RetentionJudgement; from: string };

/**
 * What a sweep that began now would keep, let go of and delete, with the reason of every point: in one place, or by hand in the
 * repository and in every copy that has policies of its own. Writes and deletes nothing.
 */
export const planRetention =
  (ports: Ports) =>
  async ({ source, startedAt, input, where = input?.where }: Input): Promise<Answer> => {
    const now = startedAt === undefined ? ports.clock() : new Date(startedAt);
    const places =
      startedAt !== undefined ? [where ?? REPOSITORY] : where === undefined ? sweptPlaces(ports.plan) : [where];
    const { judged, unread } = await judgeAll(ports, places, now);
    const wanted = judged.map(({ where, judgement }) => ({
      where,
      sources: judgement.sources.filter((one) => source === undefined || one.source === source),
    }));
    const figures = wanted.flatMap(({ where, sources }) => sources.map((one) => ({ where, ...figuresOf(one, now) })));
    const sum = (what: "keep" | "expire" | "prune") => figures.reduce((total, one) => total + one[what], 0);
    const frozen = figures.flatMap((one) =>
      one.frozen === undefined
        ? []
        : [`${one.source}${one.where === REPOSITORY ? "" : ` in ${one.where}`} is frozen: ${one.frozen}`],
    );
    return {
      verdict: [
        `A sweep now would keep ${sum("keep")} points, let ${sum("expire")} expire and delete ${sum("prune")}`,
        ...frozen,
        ...unread,
      ].join("; "),
      figures: {
        where: places[0],
        ...(startedAt === undefined ? { table: retentionTable(wanted, now) } : {}), // states hold 256 KiB
        sources: figures,
        holds: judged[0]?.judgement.holds ?? [],
        refused: judged.flatMap(({ judgement }) => judgement.refused),
        readFrom: Object.fromEntries(judged.map(({ where, from }) => [where, from])),
      },
      next: `Nothing was deleted. To keep something: npx sls invoke --stage ${ports.stage} -f hold -d '{"source":"…","why":"…","requestedBy":"…"}'`,
    };
  };

/** Where several were asked for, a region that can't be reached hides the others from nobody. */
async function judgeAll(ports: Ports, places: string[], now: Date) {
  const judged: Judged[] = [];
  const unread: string[] = [];
  const index = await openIndex(ports);
  for (const where of places) {
    try {
      const place = sweptPlace(ports, where);
      const judgement = await judgeRetention(place, now, "ids" in index ? index : undefined);
      judged.push({ where, judgement, from: readFrom(place.home ? { because: "copies have no index" } : index) });
    } catch (error) {
      if (where === places[0]) throw error;
      unread.push(`${where} could not be looked at: ${describeError(error).message}`);
    }
  }
  return { judged, unread };
}
