import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { statfs } from "node:fs/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import type { Endpoint, Handshake, Surroundings } from "#ports/surroundings.ts";

/** Long enough for another region, short enough to be waited for. */
const PATIENCE_MS = 5_000;

export const surroundings = (patienceMs = PATIENCE_MS): Surroundings => ({
  async addresses(host) {
    const found = await inTime(lookup(host, { all: true }), patienceMs);
    return found.map(({ address }) => address);
  },
  async connect(endpoint) {
    const begun = performance.now();
    const socket = await opened(endpoint, patienceMs);
    socket.destroy();
    return performance.now() - begun;
  },
  async handshake(endpoint) {
    const socket = await opened(endpoint, patienceMs);
    try {
      return await inTime(greet(socket, endpoint), patienceMs);
    } finally {
      socket.destroy();
    }
  },
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
});

async function opened({ host, port }: Endpoint, patienceMs: number): Promise<Socket> {
  const socket = connectTcp({ host, port });
  try {
    await inTime(once(socket, "connect"), patienceMs);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function greet(socket: Socket, { host, tls, beforeTls }: Endpoint): Promise<Handshake | undefined> {
  if (beforeTls) {
    socket.write(beforeTls.ask);
    const [answer]: Buffer[] = await once(socket, "data");
    if (!answer?.toString("latin1").startsWith(beforeTls.yes)) return undefined;
  }
  const secure = connectTls({
    socket,
    rejectUnauthorized: false, // nothing is sent on it: it is looked at
    checkServerIdentity: () => undefined, // below, on its own: a wrong authority must not hide a wrong name
    ...(isIP(host) ? {} : { servername: host }),
    ...(typeof tls === "object" && tls.ca !== undefined ? { ca: tls.ca } : {}),
  });
  await once(secure, "secureConnect");
  return seen(secure, host);
}

function seen(secure: TLSSocket, host: string): Handshake {
  const certificate = secure.getPeerCertificate();
  const { CN, O } = certificate.issuer;
  return {
    protocol: secure.getProtocol() ?? "an unknown protocol",
    signedBy: String(CN ?? O ?? "an authority without a name"),
    expires: new Date(certificate.valid_to),
    chainProblem: secure.authorized ? undefined : String(secure.authorizationError),
    hostProblem: checkServerIdentity(host, certificate)?.message,
  };
}

/** Throws `ETIMEDOUT`, as a socket would that waits for minutes. */
async function inTime<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  work.catch(() => {}); // what fails after its time is told to nobody
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(Object.assign(new Error(`no answer within ${patienceMs / 1000} s`), { code: "ETIMEDOUT" })),
    patienceMs,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
