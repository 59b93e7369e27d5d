import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { Agent, fetch, type Response } from "undici";

/** Bodies are texts. */
type Request = { method?: string; headers?: Record<string, string>; body?: unknown; signal?: AbortSignal };
type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/**
 * `fetch` for an address that comes out of a secret: whoever can change the secret must not make us call what only we can
 * reach. It goes to `origin` and nowhere else, follows no redirect, and connects to a name only when all its addresses are
 * public ones; the connection is made to the very addresses that were looked at. An origin that is an address is the plan's
 * own word. Throws an `Error` before a byte is sent.
 */
export function guardedFetch(origin: string, resolve: Resolve = addressesOf) {
  const dispatcher = new Agent({ connect: { lookup: publicOnly(resolve) } });
  return async (address: string | URL, { body, ...init }: Request = {}): Promise<Response> => {
    const url = new URL(address);
    if (url.origin !== origin)
      throw new Error(`the secret's url leads to ${url.origin}, and the plan lets it lead to ${origin} only`);
    try {
      return await fetch(url, { ...init, body: String(body), redirect: "error", dispatcher });
    } catch (error) {
      throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error; // "fetch failed" helps nobody
    }
  };
}

/** How names are resolved for a connection (`net.connect` does not ask for what is an address already). */
const publicOnly =
  (resolve: Resolve): LookupFunction =>
  (hostname, { all }, done) => {
    resolve(hostname).then(
      (found) => {
        const refused = found.filter(({ address }) => !isPublic(address));
        const [first] = found;
        if (refused.length > 0 || !first)
          return done(new Error(`${hostname} resolves to ${describe(refused)}: not a public address`), "", 0);
        return all ? done(null, found) : done(null, first.address, first.family);
      },
      (error) => done(error, "", 0),
    );
  };

/** Neither loopback, private, link-local (the metadata of instances and tasks) nor anything else that is reserved. */
const isPublic = (address: string) => isIP(address) !== 0 && ipaddr.process(address).range() === "unicast";
const describe = (addresses: LookupAddress[]) => addresses.map(({ address }) => address).join(", ") || "nothing";

const addressesOf: Resolve = (hostname) =>
  new Promise((found, failed) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? failed(error) : found(addresses)));
  });
