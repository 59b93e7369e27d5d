import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CommandFailed, FormatIncomplete } from "#domain/errors.ts";
import type { EngineTools } from "#ports/engine.ts";
import { type Login, openLink, type RedisLink } from "./connection.ts";

export type Scratch = {
  link: RedisLink;
  /** How somebody else logs in, when it listens on an address. */
  password: string;
  stop(): Promise<void>;
};

const POLL_MS = 50;
const LOG_TAIL_CHARACTERS = 2_000;

/**
 * A real redis-server that has loaded this RDB, in a directory of its own below `workDir`. It listens on a socket file
 * alone, or besides on `listen`. It starts as a replica of nothing: replicas drop no key or field whose time has passed,
 * so that what is counted does not depend on when it is counted.
 *
 * Throws `FormatIncomplete` when the server says that the file is wrong, `CommandFailed` when it could not run.
 */
export async function startScratch(
  tools: EngineTools,
  rdb: string,
  name: string,
  listen?: { address: string; port: number },
): Promise<Scratch> {
  const folder = join(tools.workDir, name);
  await mkdir(folder, { mode: 0o700 });
  const password = randomBytes(32).toString("hex");
  const files = {
    config: join(folder, "redis.conf"),
    log: join(folder, "redis.log"),
    socket: join(folder, "redis.sock"),
  };
  await writeFile(files.config, configuration({ folder, rdb, password, files, listen }), { mode: 0o600 });
  const server = tools.commands.serve({ file: "redis-server", args: [files.config] }, tools.signal);
  const login: Login = { host: "the scratch server", port: 0, socketPath: files.socket, password };
  try {
    const ended = server.exited.then(async () => {
      throw await whyEnded(files.log, tools.signal);
    });
    const link = await Promise.race([ended, untilLoaded(login, server.exited)]);
    ended.catch(() => {}); // from here on its end shows on the link
    return {
      link,
      password,
      stop: async () => {
        link.close();
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Sources: `redis.conf` of Redis 8.0 and `DEBUG HELP`. */
function configuration({ folder, rdb, password, files, listen }: Settings): string {
  return [
    `dir ${quoted(dirname(rdb))}`,
    `dbfilename ${quoted(rdb.slice(dirname(rdb).length + 1))}`,
    `logfile ${quoted(files.log)}`,
    `pidfile ${quoted(join(folder, "redis.pid"))}`,
    `unixsocket ${quoted(files.socket)}`,
    "unixsocketperm 700",
    `requirepass ${password}`,
    ...(listen ? [`bind ${listen.address}`, `port ${listen.port}`] : ["port 0"]),
    "replicaof 127.0.0.1 1", // nobody listens on port 1
    "enable-debug-command local",
    "databases 4096",
    "maxclients 64",
    'save ""',
    "appendonly no",
    "rdbchecksum yes",
    "sanitize-dump-payload yes",
    "activerehashing no", // a scan meets each key once
    "repl-diskless-sync yes",
    "repl-diskless-sync-delay 0",
    "client-output-buffer-limit replica 0 0 0",
    "shutdown-timeout 0",
    "",
  ].join("\n");
}

type Settings = {
  folder: string;
  rdb: string;
  password: string;
  files: { log: string; socket: string };
  listen: { address: string; port: number } | undefined;
};

/** Source: `sdssplitargs`, which reads configuration files, knows these escapes inside double quotes. */
const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

async function untilLoaded(login: Login, exited: Promise<void>): Promise<RedisLink> {
  let running = true;
  exited.then(() => {
    running = false;
  });
  while (running) {
    const link = await openLink(login).catch(() => undefined); // not yet listening
    const answer = await link?.ask("PING").catch((error: unknown) => String(error)); // LOADING …
    if (link && answer === "PONG") {
      await link.ask("DEBUG", "DICT-RESIZING", "0");
      return link;
    }
    link?.close();
    await wait(POLL_MS);
  }
  return new Promise(() => {}); // the end of the server is told by whoever watches it
}

/** Source: the words of Redis `src/rdb.c` for files that no second try will make right. */
const WRONG_FILE =
  /Short read or OOM loading DB|Unexpected EOF|CRC error|Internal error in RDB|Wrong signature|checksum|corrupt|sanitiz/i;

async function whyEnded(log: string, signal: AbortSignal): Promise<Error> {
  if (signal.aborted)
    return signal.reason instanceof Error ? signal.reason : new CommandFailed("redis-server was stopped");
  const said = (await readFile(log, "utf8").catch(() => "")).slice(-LOG_TAIL_CHARACTERS).trim();
  const why = `redis-server ended before it had loaded the RDB: ${said}`;
  return WRONG_FILE.test(said) && !/Out Of Memory/i.test(said) ? new FormatIncomplete(why) : new CommandFailed(why);
}
