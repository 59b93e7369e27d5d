import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import { belongings, captured, engineTools, server, sourceOf, sql } from "./world.ts";

const folder = mkdtempSync(join(tmpdir(), "tls-"));
const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
const own = belongings();
let app: string;

/** An authority, and a certificate of it for a name or an address. */
function certificate(authority: string, subject: string) {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-subj",
    `/CN=${authority}`,
    "-keyout",
    `${authority}.key`,
    "-out",
    `${authority}.pem`,
  );
  const signed = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-addext", `subjectAltName=${subject}`];
  openssl("req", "-x509", ...key, "-subj", "/CN=server", ...signed, "-keyout", "server.key", "-out", "server.pem");
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  return { ca: read(`${authority}.pem`), key: read("server.key"), certificate: read("server.pem") };
}

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

const verifyFull = (ca: string) => ({ connection: { ...server, tls: { mode: "verify-full", ca } } });
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

it("captures over verify-full when the certificate is of the plan's authority and for this host", async () => {
  const served = certificate("ours", address);
  await serve(served);

  const point = await captured([app], verifyFull(served.ca));

  expect(Object.keys(point.facts).length).toBeGreaterThan(0);
  expect(point.artifacts.map(({ subject }) => subject)).toContain(app);
});

it("talks to no server whose certificate is another authority's, for another host, or not there", async () => {
  const problemsWith = async (ca: string) =>
    (await postgresql.preflight(engineTools(), sourceOf([app], verifyFull(ca)))).problems.join("\n");
  const ours = certificate("ours", address);
  await serve(ours);
  expect(await problemsWith(certificate("theirs", address).ca)).toMatch(/certificate/);

  const elsewhere = certificate("ours", "IP:192.0.2.1,DNS:localhost");
  await serve(elsewhere);
  expect(await problemsWith(elsewhere.ca)).toMatch(/does not match|altnames/i);

  await sql("postgres", "ALTER SYSTEM SET ssl = off");
  await sql("postgres", "SELECT pg_reload_conf(), pg_sleep(0.5)");
  expect(await problemsWith(ours.ca)).toMatch(/does not support SSL/);
});
