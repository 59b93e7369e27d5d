import { describeError } from "#domain/errors.ts";
import { notAsked, ok, problem, type SourceCheck } from "#domain/source-check.ts";
import type { Endpoint, Surroundings } from "#ports/surroundings.ts";
import { checkTls } from "./check-tls.ts";

/** Name, TCP and TLS of a server, from where this runs. Sends nothing, and nothing secret. */
export async function checkRoute(surroundings: Surroundings, endpoint: Endpoint, now: Date): Promise<SourceCheck[]> {
  const route = await checkTcp(surroundings, endpoint);
  if (route.verdict === "problem") return [route, notAsked("TLS", "there is no route")];
  return [route, await checkTls(surroundings, endpoint, now)];
}

async function checkTcp(surroundings: Surroundings, endpoint: Endpoint): Promise<SourceCheck> {
  const { host, port } = endpoint;
  const at = `${host}:${port}`;
  let addresses: string[] = [];
  try {
    addresses = await surroundings.addresses(host);
    const milliseconds = await surroundings.connect(endpoint);
    return ok("route", `${named(host, addresses)}, TCP to port ${port} in ${milliseconds.toFixed(0)} ms`);
  } catch (error) {
    return problem("route", `${whyNoRoute(error, at, named(host, addresses))}`);
  }
}

const named = (host: string, addresses: string[]) =>
  addresses.length === 0 || addresses.includes(host) ? host : `${host} is ${addresses.join(", ")}`;

/** The codes are those of Node's sockets. */
function whyNoRoute(error: unknown, at: string, where: string): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const said = `${code || describeError(error).message}; ${where}`;
  if (/ENOTFOUND|EAI_AGAIN/.test(code))
    return `DNS does not know the host of ${at} (${said}): correct \`connection.host\`, or let the tasks' VPC resolve it (a private hosted zone has to be associated with that VPC)`;
  if (code === "ECONNREFUSED")
    return `nothing listens at ${at} (${said}): start the server, let it listen on this address, or correct \`connection.port\``;
  if (/EHOSTUNREACH|ENETUNREACH/.test(code))
    return `the tasks' subnets have no route to ${at} (${said}): add one, by peering or a transit gateway, and one back`;
  if (code === "ETIMEDOUT")
    return `${at} does not answer at all (${said}): let the tasks' security group into the server's, then see network ACLs and the routes there and back`;
  return `${at} can't be reached (${said}): check host, port, security groups and routes`;
}
