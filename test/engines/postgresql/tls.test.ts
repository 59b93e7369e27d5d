import { afterAll, beforeAll, expect, it } from "vitest";
import { surroundings } from "#adapters/surroundings.ts";
import { checkRoute } from "#app/check-route.ts";
import { postgresql } from "#engines/postgresql/engine.ts";
import { certificateOf } from "../certificates.ts";
import { belongings, captured, engineTools, restored, server, sourceOf, sql, target } from "./world.ts";

const own = belongings();
let app: string;

/** Gives the server of the tests a certificate; it takes one anew without a restart. */
async function serve({ key, certificate: pem }: { key: string; certificate: string }) {
  const put = (text: string, name: string) =>
    `COPY (SELECT unnest(string_to_array('${text.trim()}', E'\\n'))) TO PROGRAM 'umask 077; cat > ${name}'`;
  for (const statement of [
    put(key, "test-server.key"),
    put(pem, "test-server.pem"),
    "ALTER SYSTEM SET ssl_key_file = 'test-server.key'",
    "ALTER SYSTEM SET ssl_cert_file = 'test-server.pem'",
    "ALTER SYSTEM SET ssl = on",
    "SELECT pg_reload_conf(), pg_sleep(0.5)",
  ])
    await sql("postgres", statement);
}

const verifyFull = (ca: string) => ({ connection: { ...server, tls: { mode: "verify-full" as const, ca } } });
const address = `IP:${server.host}`;

beforeAll(async () => {
  app = await own.database("tls", "create table orders (id int); insert into orders values (1)");
});
afterAll(async () => {
  for (const setting of ["ssl", "ssl_key_file", "ssl_cert_file"])
    await sql("postgres", `ALTER SYSTEM RESET ${setting}`);
  await sql("postgres", "SELECT pg_reload_conf()");
  await own.drop();
});

it("captures and restores over verify-full when the certificate is of the plan's authority and for this host", async () => {
  const served = certificateOf("ours", address);
  await serve(served);

  const copy = own.alsoDrops(`${app}_copy`);
  const point = await captured([app], verifyFull(served.ca));
  const to = { ...target, ...verifyFull(served.ca) };
  const { comparedFacts } = await restored(point, { to, options: { databases: { [app]: copy } } });

  expect(comparedFacts).toBeGreaterThan(0);
  expect(await sql(copy, "select id from orders")).toEqual([{ id: 1 }]);
});

it("talks to no server whose certificate is another authority's, for another host, or not there", async () => {
  const problemsWith = async (ca: string) =>
    (await postgresql.preflight(engineTools(), sourceOf([app], verifyFull(ca)))).problems.join("\n");
  const ours = certificateOf("ours", address);
  await serve(ours);
  expect(await problemsWith(certificateOf("theirs", address).ca)).toMatch(/certificate/);

  const elsewhere = certificateOf("ours", "IP:192.0.2.1,DNS:localhost");
  await serve(elsewhere);
  expect(await problemsWith(elsewhere.ca)).toMatch(/does not match|altnames/i);

  await sql("postgres", "ALTER SYSTEM SET ssl = off");
  await sql("postgres", "SELECT pg_reload_conf(), pg_sleep(0.5)");
  expect(await problemsWith(ours.ca)).toMatch(/does not support SSL/);
});

it("lets check-source see the certificate behind a server that begins in plain, and that there is none", async () => {
  const tlsRow = async (ca: string) => {
    const { endpoint } = postgresql.reach(sourceOf([app], verifyFull(ca)));
    if (!endpoint) throw new Error("a server is reached over a network");
    return (await checkRoute(surroundings(), endpoint, new Date())).find(({ about }) => about === "TLS");
  };
  const served = certificateOf("the team's authority", address, 90);
  await serve(served);
  const right = await tlsRow(served.ca);
  const wrong = await tlsRow(certificateOf("theirs", address).ca);
  await sql("postgres", "ALTER SYSTEM SET ssl = off");
  await sql("postgres", "SELECT pg_reload_conf(), pg_sleep(0.5)");
  const without = await tlsRow(served.ca);

  expect(right).toMatchObject({
    verdict: "ok",
    says: expect.stringMatching(/signed by the team's authority, expires in 90/),
  });
  expect(wrong).toMatchObject({
    verdict: "problem",
    says: expect.stringContaining("not of the authority in the plan"),
  });
  expect(without).toMatchObject({
    verdict: "problem",
    says: expect.stringContaining("has none, and the plan demands it"),
  });
});
