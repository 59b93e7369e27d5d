import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { commands } from "#adapters/commands/commands.ts";
import type { RedisSource } from "#engines/redis/config.ts";
import { type Login, openLink, type RedisLink } from "#engines/redis/connection.ts";
import type { Served } from "../certificates.ts";

const secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis";

export type Server = {
  link: RedisLink;
  port: number;
  section: RedisSource;
  pid: number;
  kill(): Promise<void>;
  /** The same address, another process. */
  restart(): Promise<void>;
};

/** A real redis-server on a free port that ends with the test. `settings` are lines of its configuration. */
export const startRedis = (...settings: string[]) => start(undefined, settings);

/** The same, reached by TLS alone. */
export const startRedisByTls = (served: Served, ...settings: string[]) => start(served, settings);

async function start(served: Served | undefined, settings: string[]): Promise<Server> {
  const folder = await privateFolder();
  const port = await freePort();
  const lines = [
    ...(served ? byTls(port, served) : [`port ${port}`]),
    "bind 127.0.0.1",
    `dir ${folder}`,
    'save ""',
    "enable-debug-command yes",
    "repl-diskless-sync-delay 0",
    "shutdown-timeout 0",
    ...settings,
  ];
  await writeFile(join(folder, "redis.conf"), lines.join("\n"));
  const run = () =>
    commands(folder).serve({ file: "redis-server", args: [join(folder, "redis.conf")] }, new AbortController().signal);
  let server = run();
  onTestFinished(() => server.stop());
  const password = settings.find((line) => line.startsWith("requirepass "))?.slice("requirepass ".length);
  const connection = { host: "127.0.0.1", port, ...(served ? { tls: { ca: served.ca } } : {}) };
  const login = { ...connection, ...(password ? { password } : {}) };
  const link = await untilItAnswers(login, server.exited);
  const pid = Number(/process_id:(\d+)/.exec(String(await link.ask("INFO", "server")))?.[1]);
  const kill = () => server.stop();
  const restart = async () => {
    await kill();
    server = run();
    (await untilItAnswers(login, server.exited)).close();
  };
  return { link, port, pid, section: { connection, secret }, kill, restart };
}

const byTls = (port: number, { files }: Served) => [
  "port 0",
  `tls-port ${port}`,
  `tls-cert-file ${files.certificate}`,
  `tls-key-file ${files.key}`,
  `tls-ca-cert-file ${files.ca}`,
  "tls-auth-clients no",
];

async function untilItAnswers(login: Login, exited: Promise<void>): Promise<RedisLink> {
  const ended = exited.then(() => {
    throw new Error("the test's redis-server ended");
  });
  ended.catch(() => {});
  while (true) {
    const link = await openLink(login).catch(() => undefined);
    if (link) return link;
    await Promise.race([ended, wait(20)]);
  }
}

export async function privateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "redis-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
