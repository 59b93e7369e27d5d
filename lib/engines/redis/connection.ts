import { connect, isIP } from "node:net";
import { createClient, RESP_TYPES } from "redis";
import type { EngineTools } from "#ports/engine.ts";
import type { RedisSource } from "./config.ts";

/** `socketPath` instead of host and port is for the scratch servers of this task. */
export type Login = RedisSource["connection"] & { socketPath?: string; username?: string; password?: string };

/** One connection, without reconnecting: a server that went away is an error, not a pause. */
export type RedisLink = {
  login: Login;
  /** The reply in RESP2: strings, numbers, null, and arrays of them. Rejects with what Redis answered. */
  ask(...command: string[]): Promise<unknown>;
  /** For replies that are one string of bytes. */
  askBytes(...command: string[]): Promise<Buffer>;
  close(): void;
};

const CONNECT_TIMEOUT_MS = 10_000;

export async function readLogin(tools: EngineTools, { connection, secret }: RedisSource): Promise<Login> {
  const { username, password } = await tools.secrets.read(secret);
  return { ...connection, ...(username ? { username } : {}), ...(password ? { password } : {}) };
}

/** Rejects with the socket's or Redis' own words, which `whyNoLink` turns into a sentence. Closed when the signal aborts. */
export async function openLink(login: Login, signal?: AbortSignal): Promise<RedisLink> {
  const { host, port, socketPath, username, password } = login;
  const how = { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false } as const;
  const client = createClient({
    RESP: 2,
    socket: {
      ...how,
      ...(socketPath !== undefined
        ? { path: socketPath, tls: false }
        : login.tls
          ? { ...verifiedTls(login), tls: true }
          : { host, port }),
    },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    disableClientInfo: true, // CLIENT SETINFO may not be among the user's rights
    maintNotifications: "disabled",
  });
  client.on("error", () => {}); // whoever asks is told
  const close = () => {
    signal?.removeEventListener("abort", close);
    if (client.isOpen) client.destroy();
  };
  signal?.throwIfAborted();
  signal?.addEventListener("abort", close);
  await client.connect();
  return {
    login,
    close,
    ask: (...command) => client.sendCommand<unknown>(command),
    askBytes: async (...command) => {
      const reply = await client.sendCommand<unknown>(command, { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } });
      return Buffer.isBuffer(reply) ? reply : Buffer.alloc(0);
    },
  };
}

/** For Node's TLS, which refuses every other authority and every other host by itself. */
export const verifiedTls = ({ host, port, tls }: Login) => ({
  host,
  port,
  ...(tls ? { ca: tls.ca } : {}),
  ...(isIP(host) ? {} : { servername: host }), // must not be an address
});

/** Opens a link for as long as `work` takes. */
export async function withLink<T>(login: Login, work: (link: RedisLink) => Promise<T>): Promise<T> {
  const link = await openLink(login);
  try {
    return await work(link);
  } finally {
    link.close();
  }
}

/** The address of this task on the network interface by which it reaches the server: where the server can reach it. */
export function addressTowards({ host, port }: Login): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    socket.once("timeout", () => socket.destroy(new Error(`no answer from ${host}:${port}`)));
    socket.once("error", reject);
    socket.once("connect", () => {
      const { localAddress } = socket;
      socket.destroy();
      if (localAddress === undefined) reject(new Error(`no local address towards ${host}:${port}`));
      else resolve(localAddress.replace(/^::ffff:/, ""));
    });
  });
}

/** Why a server could not be reached or logged in to, with what mends it (S8). */
export function whyNoLink({ host, port, username = "default" }: Login, error: unknown): string {
  const said =
    error instanceof Error ? error.message || String(Reflect.get(error, "code") ?? error.name) : String(error);
  const at = `${host}:${port}`;
  if (/WRONGPASS|invalid password|invalid username/i.test(said))
    return `${at} refuses the login of user "${username}" (${said}): put the right username and password into the secret`;
  if (/NOAUTH/.test(said)) return `${at} wants a password (${said}): put it into the secret`;
  if (/without any password configured/.test(said))
    return `${at} has no password set for user "${username}" (${said}): set one, or leave \`password\` out of the secret`;
  if (/ENOTFOUND|EAI_AGAIN/.test(said)) return `there is no host "${host}" (${said}): correct \`connection.host\``;
  if (/ECONNREFUSED/.test(said)) return `nothing listens at ${at} (${said}): start Redis, or correct \`connection\``;
  if (/timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i.test(said))
    return `no answer from ${at} (${said}): let the task's security group reach it`;
  if (/certificate|altnames/i.test(said))
    return `${at} is not talked to, since it does not show that it is this server (${said}): correct \`connection.host\` or \`connection.tls.ca\`, or give the server a certificate for this host`;
  if (/EPROTO|wrong version number|SSL routines/i.test(said))
    return `${at} does not answer to TLS (${said}): switch it on in the server, or leave \`connection.tls\` out`;
  return `${at} can't be asked (${said})`;
}
