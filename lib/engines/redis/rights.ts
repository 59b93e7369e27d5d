import type { RedisLink } from "./connection.ts";

type Rights = { problems: string[]; findings: Record<string, string> };

/** What a capture asks of a source. PING and AUTH are everybody's. */
export const captureCommands = ["info", "time", "sync", "replconf"];
/** What a restore asks of a target. It is also read back by the replication stream, to be compared. */
export const restoreCommands = ["info", "sync", "replconf", "replicaof", "config|get", "config|set"];

/**
 * Whether the server offers these commands and lets this user run them. Nothing is run: COMMAND INFO tells what was
 * renamed or taken away, ACL DRYRUN (Redis 7.0) what is denied. Where neither may be asked, a finding says so.
 */
export async function checkRights(link: RedisLink, needed: readonly string[]): Promise<Rights> {
  const missing = await notOffered(link, needed);
  const denied = await notAllowed(
    link,
    needed.filter((command) => !missing?.includes(command)),
  );
  const problems: string[] = [];
  if (missing && missing.length > 0)
    problems.push(
      `the server does not offer ${upper(missing)}: taken away by \`rename-command\`, or by a managed service ` +
        "(ElastiCache, MemoryDB and their like refuse replication to anything of yours). Give the command back; a managed " +
        "service has its own snapshots, which holdfast can't take",
    );
  if (denied && denied.commands.length > 0)
    problems.push(
      `user "${denied.user}" may not run ${upper(denied.commands)}: \`ACL SETUSER ${denied.user} ${denied.commands.map((c) => `+${c}`).join(" ")}\``,
    );
  return {
    problems,
    findings: {
      rights: missing && denied ? "asked one by one" : "could not all be asked: COMMAND INFO or ACL DRYRUN is refused",
    },
  };
}

async function notOffered(link: RedisLink, needed: readonly string[]): Promise<string[] | undefined> {
  const names = needed.map((command) => command.split("|")[0] ?? command);
  const described = await link.ask("COMMAND", "INFO", ...names).catch(() => undefined);
  return Array.isArray(described) ? needed.filter((_command, index) => described[index] === null) : undefined;
}

async function notAllowed(
  link: RedisLink,
  needed: readonly string[],
): Promise<{ user: string; commands: string[] } | undefined> {
  try {
    const user = String(await link.ask("ACL", "WHOAMI"));
    const commands: string[] = [];
    for (const command of needed) {
      const answer = await link.ask("ACL", "DRYRUN", user, ...command.split("|"), ...(exampleArguments[command] ?? []));
      if (answer !== "OK") commands.push(command);
    }
    return { user, commands };
  } catch {
    return undefined; // the user may not ask, or the server is older than 7.0
  }
}

/** DRYRUN checks the number of arguments before the rights. */
const exampleArguments: Record<string, string[]> = {
  replconf: ["capa", "eof"],
  replicaof: ["no", "one"],
  "config|get": ["masterauth"],
  "config|set": ["masterauth", ""],
};

const upper = (commands: readonly string[]) =>
  commands.map((command) => command.replace("|", " ").toUpperCase()).join(", ");
