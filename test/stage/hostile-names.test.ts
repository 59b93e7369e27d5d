import { createServer } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { redis, sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { execIn } from "#local/podman.ts";
import { stageAddresses } from "#local/stage-layout.ts";
import { watchStage } from "./support/invariants.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["app-db", "sessions", "staging-db", "staging-redis"]);
  await world.haveLatest();
});
afterAll(async () => {
  await resetFleet(["app-db", "sessions", "staging-db", "staging-redis"]);
  await world.goodBackup(["app-db", "sessions"]); // `latest` is again of what other tests find
  await world.client.clearMessages();
});

it("N1 X8 brings back what has names that are commands, options or addresses, to the letter, and runs none of them", async () => {
  await using canary = await startCanary();
  const names = hostileNames(canary.command);
  const { container } = world.stage.sources["app-db"];
  const staging = world.stage.targets["staging-db"].container;
  await sql(container, "compliance", names.map((name) => hostileObjects(name, canary.command)).join("\n"));
  for (const name of names) await redis(world.stage, "sessions", "SET", name, name);
  const watch = await watchStage(world);

  const backupId = await world.goodBackup(["app-db", "sessions"]);
  const [database, cache] = await Promise.all([
    world.client.run("restore", { source: "app-db", options: { databases: { compliance: "compliance" } } }),
    world.client.run("restore", { source: "sessions" }),
  ]);
  const hits = canary.hits();
  const [tried] = await Promise.all([execIn(staging, ["bash", "-c", canary.command]), canary.hit]);

  expect(database.status, database.cause).toBe("SUCCEEDED");
  expect(cache.status, cache.cause).toBe("SUCCEEDED");
  const there = JSON.parse(await sql(staging, "compliance", everythingNamed));
  expect(there).toEqual(JSON.parse(await sql(container, "compliance", everythingNamed)));
  for (const name of names) expect(there).toContain(name);
  expect(JSON.parse(await sql(staging, "postgres", everyRole))).toEqual(expect.arrayContaining(names));
  expect(await redis(world.stage, "staging-redis", "DEBUG", "DIGEST")).toBe(
    await redis(world.stage, "sessions", "DEBUG", "DIGEST"),
  );
  expect(hits).toBe(0);
  expect(tried.exitCode).toBe(0); // the canary could have been reached
  await watch.expectInvariants({ latest: { "app-db": backupId, sessions: backupId } });
});

/** Identifiers have 63 bytes. */
const hostileNames = (command: string) => [
  `$(${command})`,
  `;${command};`,
  `\`${command}\``,
  `x\n\\! bash -c '${command}'`,
  `\\! bash -c '${command}'`,
  "-Fc",
  "--file=/scratch/canary",
  `q'uo"te\\`,
  "..",
  "../../etc/passwd",
  "dbname='x host=evil'",
  "postgresql://evil/x?sslmode=disable",
  `${"é".repeat(31)}x`,
];

/** A table with a row, its comment, a function, a schema and a role, all of that name. */
const hostileObjects = (name: string, command: string) => `
CREATE TABLE public.${identifier(name)} (${identifier(name)} text DEFAULT ${literal(name)});
INSERT INTO public.${identifier(name)} VALUES (${literal(`${name}\n\\.\n\\! ${command}`)});
COMMENT ON TABLE public.${identifier(name)} IS ${literal(`${name}\n\\! bash -c '${command}'\n-- `)};
CREATE FUNCTION public.${identifier(name)}() RETURNS text LANGUAGE sql AS ${literal(`SELECT\n'\n\\! ${command.replaceAll("'", "")}\n'`)};
CREATE SCHEMA ${identifier(name)};
CREATE ROLE ${identifier(name)};
COMMENT ON ROLE ${identifier(name)} IS ${literal(`\n\\! bash -c '${command}'\n`)};
GRANT SELECT ON public.${identifier(name)} TO ${identifier(name)};
`;
const everyRole = "SELECT json_agg(rolname) FROM pg_roles";
const everythingNamed = `
SELECT json_agg(name ORDER BY name) FROM (
  SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT proname || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT description FROM pg_description WHERE classoid = 'pg_class'::regclass
) AS every`;
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Whoever runs the command is counted, in whatever container of this machine. */
async function startCanary() {
  let hits = 0;
  const hit = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    hits++;
    socket.destroy();
    hit.resolve();
  });
  const port = 40_123;
  await new Promise<void>((resolve) => server.listen(port, "0.0.0.0", resolve));
  return {
    command: `:>/dev/tcp/${stageAddresses.gateway}/${port}`,
    hits: () => hits,
    hit: hit.promise,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
