/** RESTORE.md as a person reads it: sections by their number, blocks of commands in their order. */
export function commandsOf(guide: string) {
  const sections = guide.split(/^## \d+\. /m).slice(1);
  const blocks = (text = "") =>
    [...text.matchAll(/^```(?:bash|sh)\n([\s\S]*?)^```$/gm)].map(([, commands = ""]) => commands);
  const [fetch, check, open, restore] = sections.map(blocks);
  const holding = (...words: string[]) => {
    const found = restore?.find((commands) => words.every((word) => commands.includes(word)));
    if (found === undefined) throw new Error(`RESTORE.md has no block with ${words.join(" and ")}`);
    return found;
  };
  return {
    tls: /`(export PGSSLMODE=verify-full PGSSLROOTCERT=ca\.pem)`/.exec(guide)?.[1] ?? "",
    fetch: fetch?.[0] ?? "",
    check: check?.join("\n") ?? "",
    openByEscrow: open?.[0] ?? "",
    openByKms: open?.[1] ?? "",
    roles: holding("psql --no-psqlrc --dbname postgres"),
    databases: holding("pg_restore", "--create"),
    redisFile: holding("dump.rdb", "redis-check-rdb"),
    redisServer: holding("--daemonize yes"),
  };
}
