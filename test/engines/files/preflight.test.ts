import { execa } from "execa";
import { expect, it } from "vitest";
import { PreflightFailed } from "#domain/errors.ts";
import { preflight } from "#engines/files/preflight.ts";
import { filesWorld, sh, type World } from "./files-world.ts";

const look = async (world: World, more: object = {}) => preflight(await world.tools(), { ...world.source, ...more });

it("says what is there", async () => {
  const world = await filesWorld();
  sh(world.folder, "mkdir tree/a; head -c 2000 /dev/zero > tree/a/file; ln -s a tree/link");

  expect(await look(world)).toEqual({ problems: [], findings: { holds: "1 files, 2 kB, 4 entries in all" } });
});

it("lists what the task can't read, as a problem, with how many and which, and captures nothing", async () => {
  const world = await filesWorld();
  sh(
    world.folder,
    "mkdir tree/{open,locked}; for i in {1..30}; do echo 1 > tree/open/$i; done; touch tree/locked/x; chmod 0 tree/locked tree/open/*; chmod 755 . tree",
  );
  const script = `import { preflight } from "#engines/files/preflight.ts";
    console.log(JSON.stringify(await preflight({ signal: new AbortController().signal }, ${JSON.stringify(world.source)})));`;
  const asWorker = { uid: 10_001, gid: 10_001 }; // whether a file can be read is asked for the user that began the process
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", script], asWorker);
  const { problems } = JSON.parse(stdout);

  expect(problems).toEqual([
    expect.stringMatching(
      /^31 files or folders can't be read \(EACCES\): locked, open\/1, open\/10, .*, …: let the task read them/,
    ),
  ]);
  process.seteuid?.(10_001);
  await expect(world.capture().finally(() => process.seteuid?.(0))).rejects.toThrow(PreflightFailed);
  expect(world.stored).toEqual([]);
});

it("captures only what is included and not excluded, and the folders that lead there", async () => {
  const world = await filesWorld();
  sh(
    world.folder,
    String.raw`cd tree; mkdir -p etc/ssl uploads/{2025,2026}/tmp cache/deep empty; touch etc/app.conf etc/ssl/a.pem etc/.env .env uploads/2025/x.jpg uploads/2026/y.jpg
    touch uploads/2026/tmp/z.part uploads/2026/half.part cache/deep/etc.conf "$(printf 'uploads/2026/new\nline.part')"`,
  );
  const names = async (patterns: object) => {
    const found = await filesWorld();
    sh(found.folder, `cp -a ${world.folder}/tree .`);
    await found.capture(patterns);
    await found.restore();
    return sh(`${found.folder}/target`, "find . -mindepth 1 -printf '%P\n' | sort").trim().split("\n");
  };

  expect(await names({ include: ["etc/**", "**/.env"], exclude: ["etc/ssl/"] })).toEqual([
    ".env",
    "etc",
    "etc/.env",
    "etc/app.conf",
  ]);
  expect(await names({ include: ["uploads/2026"], exclude: ["**/*.part"] })).toEqual([
    "uploads",
    "uploads/2026",
    "uploads/2026/tmp",
    "uploads/2026/y.jpg",
  ]);
  expect(await names({ exclude: ["{cache,uploads}", "*/*.conf"] })).toEqual([
    ".env",
    "empty",
    "etc",
    "etc/.env",
    "etc/ssl",
    "etc/ssl/a.pem",
  ]);
});

it("S8: refuses patterns that let nothing through", async () => {
  const world = await filesWorld();
  sh(world.folder, "touch tree/file");

  expect((await look(world, { include: ["typo/**"] })).problems).toEqual([
    expect.stringContaining("mend the patterns, or the mount"),
  ]);
  expect((await look(world, { exclude: ["*"] })).problems).toEqual([
    expect.stringContaining("mend the patterns, or the mount"),
  ]);
});

it("AP-3 GL-9: lists the certificates in a tree with their subject and expiry, keys and broken ones not", async () => {
  const world = await filesWorld();
  const tree = `${world.folder}/tree`;
  for (const [name, days] of [
    ["site", 90],
    ["old", 1],
  ] as const)
    await execa("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj".split(" "),
      `/O=InferShield/CN=${name}.example`,
      "-days",
      String(days),
      "-keyout",
      `${tree}/${name}.key`,
      "-out",
      `${tree}/${name}.crt`,
    ]);
  sh(
    tree,
    "mkdir ssl; cat site.crt old.crt > ssl/fullchain; openssl x509 -in old.crt -outform DER -out ssl/old.der; cp site.key ssl/key.pem; echo junk > ssl/junk.pem; head -c 100000 /dev/zero > ssl/large.pem",
  );

  const { findings } = await look(world);
  const { facts } = await world.capture();

  const expires = sh(
    tree,
    'date -u -d "$(openssl x509 -in old.crt -noout -enddate | cut -d = -f 2)" +%Y-%m-%dT%H:%M:%S.000Z',
  ).trim();
  expect(findings["certificate ssl/old.der"]).toBe(`O=InferShield, CN=old.example, expires ${expires}`);
  expect(facts).toMatchObject({
    about: { certificates: { "ssl/old.der": { subject: "O=InferShield, CN=old.example", expires } } },
  });
  const certificates = (typeof facts?.["about"] === "object" && facts["about"]["certificates"]) || {};
  expect(Object.keys(certificates)).toEqual([
    "old.crt",
    "site.crt",
    "ssl/fullchain",
    "ssl/fullchain #2",
    "ssl/old.der",
  ]);
  expect(Object.keys(findings).filter((name) => name.startsWith("certificate "))).toHaveLength(5);
  expect(JSON.stringify(facts)).not.toContain("PRIVATE KEY");
});
