import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { wireProbes } from "#adapters/aws/wire.ts";
import { surroundings } from "#adapters/surroundings.ts";
import { checkSource } from "#app/check-source.ts";
import type { SourceCheck } from "#domain/source-check.ts";
import { redis } from "#engines/redis/engine.ts";
import { layout } from "../support/memory-world.ts";
import { certificateOf, type Served } from "./certificates.ts";
import { listening, portThatSwallows } from "./listeners.ts";
import { startRedis, startRedisByTls } from "./redis/real-redis.ts";
import { redisWorld } from "./redis/redis-world.ts";

const HERE = "IP:127.0.0.1";
const secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis";
const PATIENCE_MS = 1_500;

type Connection = { host?: string; port: number; tls?: { ca: string } };
type Probes = Parameters<typeof checkSource>[0]["probes"];
/** AWS as it is when all is well: that is proved on the stage. */
const wellKept: Probes = {
  uploads: {
    begin: async () => ({ part: async () => {}, complete: async () => ({ versionId: "" }), abort: async () => {} }),
  },
  keys: {
    generate: async (context) => ({ passphrase: "", wrappedKey: { wrapped: "", kmsKey: "the key", context } }),
    unwrap: async () => "",
  },
  secrets: { read: async () => ({}) },
};

/** Rows by what they are about. */
async function check(
  { host = "127.0.0.1", ...connection }: Connection,
  change: { probes?: Probes; workDir?: string } = {},
) {
  const tools = await redisWorld().capture();
  const ports = {
    engines: { redis },
    layout,
    surroundings: surroundings(PATIENCE_MS),
    clock: () => new Date(),
    patienceMs: PATIENCE_MS,
  };
  const { checks } = await checkSource({ ...ports, probes: change.probes ?? wellKept })(
    {
      verb: "check",
      runId: "check-1",
      task: "cache",
      source: "cache",
      engine: "redis",
      section: { connection: { host, ...connection }, secret },
    },
    { ...tools, workDir: change.workDir ?? tools.workDir },
  );
  return Object.fromEntries(checks.map((row) => [row.about, row])) as Record<string, SourceCheck>;
}
const row = (verdict: SourceCheck["verdict"], says: RegExp) =>
  expect.objectContaining({ verdict, says: expect.stringMatching(says) });

it("SK-16 tells route, TLS, login, room and AWS of a source that can be captured, each on its own line", async () => {
  const served = certificateOf("the team's authority", HERE, 90);
  const { port } = await startRedisByTls(served);

  const found = await check({ port, tls: { ca: served.ca } });

  expect(found).toMatchObject({
    route: row("ok", /^127\.0\.0\.1, TCP to port \d+ in \d+ ms$/),
    TLS: row("ok", /^verified for 127\.0\.0\.1: TLSv1\.3, signed by the team's authority, expires in 90 days$/),
    "Secrets Manager": row("ok", /can be read/),
    server: row("ok", /^redis \d/),
    "scratch disk": row("ok", /free/),
    KMS: row("ok", /the key/),
    S3: row("ok", /taken back/),
  });
  expect(Object.values(found).filter(({ verdict }) => verdict !== "ok")).toEqual([]);
});

it("IS-25 S8 says which it is: a name that nobody knows, a port where nothing listens, or a network that swallows everything", async () => {
  const begun = performance.now();
  const [unknown, closed, silent] = await Promise.all([
    check({ host: "no-such-host.invalid", port: 6379 }),
    check({ port: 1 }),
    check({ port: await portThatSwallows() }),
  ]);

  expect(unknown["route"]).toEqual(row("problem", /DNS does not know the host .*private hosted zone/));
  expect(closed["route"]).toEqual(row("problem", /nothing listens at 127\.0\.0\.1:1 .*start the server/));
  expect(silent["route"]).toEqual(row("problem", /does not answer at all .*security group/));
  for (const found of [unknown, closed, silent]) {
    expect(found).toMatchObject({
      TLS: { verdict: "not asked" },
      source: { verdict: "not asked" },
      KMS: { verdict: "ok" },
    });
  }
  expect(performance.now() - begun).toBeLessThan(4 * PATIENCE_MS);
});

it("IS-25 names everything that is wrong with a certificate at once: its authority, its host, its date", async () => {
  const { ca } = certificateOf("ours", HERE);
  const ours = certificateOf("ours", HERE, 20);
  const [forged, expired, renewSoon] = await Promise.all([
    check({ port: await listenByTls(certificateOf("theirs", "DNS:elsewhere")), tls: { ca } }),
    withCa(certificateOf("ours", HERE, -3)),
    startRedisByTls(ours).then(({ port }) => check({ port, tls: { ca: ours.ca } })),
  ]);

  expect(forged["TLS"]).toEqual(
    row("problem", /not of the authority in the plan.*signed by "theirs".*; the certificate is not for 127\.0\.0\.1/),
  );
  expect(forged["source"]?.verdict).toBe("not asked");
  expect(expired["TLS"]).toEqual(row("problem", /^the certificate expired on 20\d\d-\d\d-\d\d: renew it \(/));
  expect(renewSoon["TLS"]).toEqual(row("warning", /verified for .*expires in 20 days: renew it/));
});

it("IS-25 gives up on a server that takes the connection and says nothing", async () => {
  const port = await listening(createTcpServer((socket) => void socket.on("error", () => {})));

  const found = await check({ port });

  expect(found["route"]?.verdict).toBe("ok");
  expect(found["source"]).toEqual(row("problem", /did not answer to the end/));
});

it("says plainly that a connection is plain, and that a server lacks the TLS which the plan demands", async () => {
  const { port } = await startRedis();
  const [plain, demanded] = await Promise.all([
    check({ port }),
    check({ port, tls: { ca: certificateOf("ours", HERE).ca } }),
  ]);

  expect(plain["TLS"]).toEqual(row("warning", /in plain/));
  expect(plain["server"]?.verdict).toBe("ok");
  expect(demanded["TLS"]).toEqual(row("problem", /does not answer to TLS .*switch it on/));
});

it("IS-25 tells a service without a way from one that refuses, and a full scratch disk, while the source is well", async () => {
  const { port } = await startRedis();
  const workDir = await mkdtemp("/dev/shm/scratch-");
  onTestFinished(() => rm(workDir, { recursive: true }));
  await writeFile(join(workDir, "full"), Buffer.alloc(8_000_000));
  const denied = Object.assign(new Error("not authorized"), { name: "AccessDenied" });

  const found = await check(
    { port },
    {
      workDir,
      probes: {
        ...wellKept,
        keys: await keysBehind(await portThatSwallows()),
        uploads: { begin: () => Promise.reject(denied) },
      },
    },
  );

  expect(found).toMatchObject({
    KMS: row("problem", /can't be reached .*interface endpoint for kms/),
    S3: row("problem", /refuses \(AccessDenied: not authorized\): see the policies/),
    "scratch disk": row("problem", /free, 67\.1 MB needed: give the tasks more/),
    server: row("ok", /redis/),
  });
});

/** The clients of a task, whose KMS is a network that swallows everything. */
async function keysBehind(port: number): Promise<Probes["keys"]> {
  const environment = { AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${port}`, AWS_REGION: "us-east-1" };
  Object.assign(process.env, environment, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
  return wireProbes({ STAGE: "test", REPOSITORY_BUCKET: "none", SIGNING_KEY: "none" }, "none").keys;
}

const withCa = async (served: Served) => check({ port: await listenByTls(served), tls: { ca: served.ca } });

const listenByTls = ({ key, certificate }: Served) =>
  listening(createServer({ key, cert: certificate }, (socket) => void socket.on("error", () => {})));
