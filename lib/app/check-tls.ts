import { describeError } from "#domain/errors.ts";
import { ok, problem, type SourceCheck, warning } from "#domain/source-check.ts";
import type { Endpoint, Handshake, Surroundings } from "#ports/surroundings.ts";

const DAY_MS = 86_400_000;
/** Authorities renew about a month ahead: a certificate that is nearer to its end has been forgotten. */
const WARN_DAYS = 30;

/** Whether what goes to this server can be read, and its answers be another's. */
export async function checkTls(surroundings: Surroundings, endpoint: Endpoint, now: Date): Promise<SourceCheck> {
  const { tls, host, port } = endpoint;
  if (tls === "never")
    return warning(
      "TLS",
      "none, as the plan says: login and data cross the network in plain, and anybody there reads them",
    );
  let seen: Handshake | undefined;
  try {
    seen = await surroundings.handshake(endpoint);
  } catch (error) {
    return problem(
      "TLS",
      `${host}:${port} does not answer to TLS (${describeError(error).message}): switch it on in the server, or correct \`connection.tls\``,
    );
  }
  if (!seen) return withoutTls(tls.use);
  const facts = `${seen.protocol}, signed by ${seen.signedBy}, expires in ${daysLeft(seen, now)} days`;
  if (tls.ca === undefined)
    return warning(
      "TLS",
      `${facts}; encrypted, but any certificate is taken, so that whoever stands in between can read it all: give the authority's certificate (\`ca\`)`,
    );
  const problems = problemsOf(seen, host, now);
  if (problems.length > 0) return problem("TLS", `${problems.join("; ")} (${facts})`);
  if (daysLeft(seen, now) < WARN_DAYS)
    return warning("TLS", `verified for ${host}, ${facts}: renew it, or the captures after that fail`);
  return ok("TLS", `verified for ${host}: ${facts}`);
}

const withoutTls = (use: "preferred" | "required") =>
  use === "required"
    ? problem(
        "TLS",
        "the server has none, and the plan demands it: switch it on in the server, or correct `connection.tls`",
      )
    : warning(
        "TLS",
        "none, the server offers none: login and data cross the network in plain, and anybody there reads them",
      );

const daysLeft = ({ expires }: Handshake, now: Date) => Math.floor((expires.getTime() - now.getTime()) / DAY_MS);

/** All of it at once: a certificate that is renewed for its date only to fail for its name wastes a night. */
function problemsOf({ chainProblem, hostProblem, expires, signedBy }: Handshake, host: string, now: Date): string[] {
  const hasExpired = expires <= now;
  return [
    ...(hasExpired ? [`the certificate expired on ${expires.toISOString().slice(0, 10)}: renew it`] : []),
    ...(chainProblem !== undefined && !(hasExpired && chainProblem === "CERT_HAS_EXPIRED")
      ? [
          `the certificate is not of the authority in the plan, it is signed by "${signedBy}" (${chainProblem}): is this the right server, and \`ca\` the right authority?`,
        ]
      : []),
    ...(hostProblem === undefined
      ? []
      : [
          `the certificate is not for ${host} (${hostProblem}): name the host that it is for, or have one made for this`,
        ]),
  ];
}
