import { expect, it } from "vitest";
import { surroundings } from "#adapters/surroundings.ts";
import { checkTarget } from "#app/check-target.ts";
import type { SourceCheck } from "#domain/source-check.ts";
import { postgresql } from "#engines/postgresql/engine.ts";
import { redis } from "#engines/redis/engine.ts";
import { aBackup, artifactOf, layout, memoryWorld } from "../support/memory-world.ts";
import { verifiedPoint } from "../support/verified-point.ts";
import { certificateOf } from "./certificates.ts";
import { belongings, engineTools, server, superuser } from "./postgresql/world.ts";
import { startRedis, startRedisByTls } from "./redis/real-redis.ts";
import { redisWorld } from "./redis/redis-world.ts";

const secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:target";
const PATIENCE_MS = 1_500;
const context = { source: "cache" };

type Checked = { engine: "redis" | "postgresql"; connection: object; username?: string; password?: string };

/** Rows by what they are about; `point`: a verified point of `cache` whose RDB is of so many bytes. */
async function check({ engine, connection, ...login }: Checked, point?: { plainBytes: number }) {
  const world = memoryWorld();
  if (point) {
    const rdb = { ...artifactOf(aBackup, "cache", "an RDB"), kind: "rdb", ...point };
    await verifiedPoint(world, { source: "cache", change: { engine, artifacts: [rdb], facts: { databases: {} } } });
    const wrapped = JSON.stringify({ wrapped: "sealed", kmsKey: "the key", context });
    world.objects.set(layout.wrappedKey(`${aBackup}.cache.0`, 1), new TextEncoder().encode(wrapped));
  }
  const tools = { ...(await redisWorld().capture()), ...(engine === "postgresql" ? engineTools() : {}) };
  const ports = {
    ...world.ports,
    engines: { redis, postgresql },
    surroundings: surroundings(PATIENCE_MS),
    patienceMs: PATIENCE_MS,
    sealing: { seal: never, unseal: never },
    probes: {
      uploads: { begin: never },
      keys: { generate: never, unwrap: async () => "the passphrase" },
      secrets: { read: async () => ({}) },
    },
  };
  const points = point ? [{ source: "cache", backupId: aBackup }] : [];
  const { checks } = await checkTarget(ports)(
    {
      ...{ verb: "check-target", runId: "check-1", task: "staging", source: "staging", target: "staging" },
      ...{ engine, section: { connection, secret }, points },
    },
    { ...tools, secrets: { read: async () => ({ username: "", ...login }) } },
  );
  return Object.fromEntries(checks.map((row) => [row.about, row])) as Record<string, SourceCheck>;
}
const never = (): never => {
  throw new Error("a check of a target has no use for it");
};
const row = (verdict: SourceCheck["verdict"], says: RegExp) =>
  expect.objectContaining({ verdict, says: expect.stringMatching(says) });

it("AS-28 tells route, TLS, login, room and AWS of a target that takes the point which would be restored there", async () => {
  const served = certificateOf("the team's authority", "IP:127.0.0.1", 90);
  const { port, link } = await startRedisByTls(served, "maxmemory 64mb");
  await link.ask("SET", "somebody's", "42");

  const found = await check(
    { engine: "redis", connection: { host: "127.0.0.1", port, tls: { ca: served.ca } } },
    { plainBytes: 1_000 },
  );

  expect(found).toMatchObject({
    route: row("ok", /^127\.0\.0\.1, TCP to port \d+ in \d+ ms$/),
    TLS: row("ok", /^verified for 127\.0\.0\.1/),
    "Secrets Manager": row("ok", /can be read/),
    target: row("ok", new RegExp(`^takes cache of ${aBackup}$`)),
    holds: row("ok", /1 keys?/),
    room: row("ok", /memory used, maxmemory is 67\.1 MB$/),
    S3: row("ok", new RegExp(`^the manifest of cache of ${aBackup} can be read`)),
    KMS: row("ok", /data key .* can be unwrapped/),
    "scratch disk": row("ok", /free/),
  });
  expect(Object.values(found).filter(({ verdict }) => verdict !== "ok")).toEqual([]);
});

it("AS-28 X5 names a target that is too small for the point, and one that nobody can log in to", async () => {
  const [small, closed] = [await startRedis("maxmemory 8mb"), await startRedis("requirepass geheim")];
  const at = ({ port }: { port: number }) => ({ engine: "redis" as const, connection: { host: "127.0.0.1", port } });

  const [tooSmall, refused] = await Promise.all([
    check(at(small), { plainBytes: 50_000_000 }),
    check({ ...at(closed), password: "wrong" }),
  ]);

  expect(tooSmall["target"]).toEqual(row("problem", /^the point is 50 MB .* maxmemory is 8\.39 MB: raise it$/));
  expect(refused["target"]).toEqual(row("problem", /password/));
  expect(refused["point"]).toEqual(row("warning", /has a verified point yet/));
});

it("AS-28 holds a PostgreSQL against what any restore takes where there is no point yet, and says that its room can't be asked", async () => {
  const own = belongings();
  const username = await own.role("restorer", "login password 'geheim'");
  const connection = { ...server, tls: "prefer" };
  try {
    const [fit, unfit, refused, silent] = await Promise.all([
      check({ engine: "postgresql", connection, ...superuser }),
      check({ engine: "postgresql", connection, username, password: "geheim" }),
      check({ engine: "postgresql", connection, username, password: "wrong" }),
      check({ engine: "postgresql", connection: { ...connection, port: 9 } }),
    ]);

    expect(fit).toMatchObject({ target: row("ok", /^takes any point$/), room: row("not asked", /how much disk/) });
    expect(unfit["target"]).toEqual(row("problem", /may not end the sessions of others: GRANT pg_signal_backend TO /));
    expect(refused["target"]).toEqual(row("problem", /refuses the password of user .*: correct the secret$/));
    expect(silent).toMatchObject({ route: row("problem", /nothing listens/), target: { verdict: "not asked" } });
  } finally {
    await own.drop();
  }
});
