import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM, and the files that have it. */
export type Served = {
  ca: string;
  key: string;
  certificate: string;
  files: { ca: string; key: string; certificate: string };
};

const DAY_MS = 86_400_000;

/** A new authority, and a certificate of it for a name or an address (`IP:127.0.0.1`, `DNS:db.internal`). */
export function certificateOf(authority: string, subject: string, daysLeft = 2): Served {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  openssl("req", "-x509", ...key, "-days", "400", "-subj", `/CN=${authority}`, "-keyout", "ca.key", "-out", "ca.pem");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", `subjectAltName=${subject}`];
  const valid = ["-not_before", asn1(Math.min(0, daysLeft) - 1), "-not_after", asn1(daysLeft)];
  openssl(
    "req",
    "-x509",
    ...key,
    ...valid,
    "-subj",
    "/CN=server",
    ...signed,
    "-keyout",
    "server.key",
    "-out",
    "server.pem",
  );
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const files = {
    ca: join(folder, "ca.pem"),
    key: join(folder, "server.key"),
    certificate: join(folder, "server.pem"),
  };
  return { ca: read("ca.pem"), key: read("server.key"), certificate: read("server.pem"), files };
}

/** So many days from now, a little more than whole, as `openssl req` takes it. */
const asn1 = (days: number) =>
  `${new Date(Date.now() + days * DAY_MS + 60_000).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
