import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PlanInvalid } from "#domain/errors.ts";
import { parsePlan } from "#domain/parse-plan.ts";
import { bytesPerSecond } from "#domain/pipeline-options.ts";
import { engineSections } from "#engines/descriptions.ts";

const localPlan = () => parse(readFileSync("config/local.yml", "utf8"));
const problemsOf = (plan: unknown) => {
  try {
    parsePlan(plan, engineSections);
  } catch (error) {
    if (error instanceof PlanInvalid) return error.message;
    throw error;
  }
  return "no problem";
};

describe("the plan", () => {
  const plans = readdirSync("config", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".yml"));
  it.each(plans)("accepts config/%s", (file) => {
    expect(problemsOf(parse(readFileSync(`config/${file}`, "utf8")))).toBe("no problem");
  });

  it("stops a package or a deployment by an error that shows every problem and no stack", async () => {
    const fromPlan = createRequire(import.meta.url)("../../infra/from-plan.cjs");

    await expect(fromPlan({ options: { stage: "nowhere" } })).rejects.toMatchObject({
      name: "PlanInvalid",
      stack: expect.stringMatching(/^config\/nowhere.yml can't be read: ENOENT[^\n]*$/),
    });
  });

  it("AS-27: says in how many streams a database is dumped and loaded, and from which size on", () => {
    const plan = localPlan();
    Object.assign(plan.sources["app-db"], { jobs: 8, splitAbove: "512MiB" });
    plan.targets["staging-db"].jobs = 2;
    expect(parsePlan(plan, engineSections).sources["app-db"]).toMatchObject({ jobs: 8, splitAbove: "512MiB" });
    Object.assign(plan.sources["app-db"], { jobs: 0, splitAbove: "512" });
    plan.targets["staging-db"].jobs = 17;

    const problems = problemsOf(plan);

    expect(problems).toContain("sources.app-db.jobs");
    expect(problems).toContain("sources.app-db.splitAbove: must be a number of MiB, GiB or TiB, as in 10GiB");
    expect(problems).toContain("targets.staging-db.jobs");
  });

  it("reports every problem at once, each with its path", () => {
    const plan = localPlan();
    plan.sources["app-db"].connection.port = "many";
    plan.sources["app-db"].databases = [];
    plan.sources.sessions.restoreTo = "nowhere";
    plan.backups.nightly.schedule = "every day";
    plan.backups.nightly.sources.push("orders");
    plan.encryption = { escrow: "none" };
    plan.quotas = { gigabytes: 30 };

    const problems = problemsOf(plan);

    expect(problems).toContain("The plan has 8 problems:");
    expect(problems).toContain("sources.app-db.connection.port: ");
    expect(problems).toContain("sources.app-db.databases: ");
    expect(problems).toContain('sources.sessions.restoreTo: there is no target "nowhere"');
    expect(problems).toContain("backups.nightly.schedule: must be five cron fields in UTC");
    expect(problems).toContain('backups.nightly.sources.3: there is no source "orders"');
    expect(problems).toContain("encryption: must be");
    expect(problems).toContain('(the file): Unrecognized key: "quotas"');
    expect(problems).toContain('backup "weekly" runs up to 168h apart'); // the only one left whose schedule can be read
  });

  it("tells Slack by a webhook or by a bot in a channel, and by exactly one of them", () => {
    const secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:slack";
    const told = (slack: unknown) => problemsOf({ ...localPlan(), tell: { slack } });

    expect(told({ webhookSecret: secret })).toBe("no problem");
    expect(told({ botTokenSecret: secret, channel: "C0123456789" })).toBe("no problem");
    const wrong = [
      { webhookSecret: secret, botTokenSecret: secret, channel: "C0123456789" },
      { botTokenSecret: secret },
      {},
    ];
    for (const slack of wrong)
      expect(told(slack)).toContain("tell.slack: must be `{ webhookSecret }` or `{ botTokenSecret, channel }`");
    expect(told({ botTokenSecret: secret, channel: "#alerts" })).toContain("tell.slack.channel: must be the ID");
  });

  it("takes the ARN of a KMS key for the bucket's own encryption, beside either kind of escrow, and no alias", () => {
    const plan = localPlan();
    const kmsKey = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    for (const escrow of [plan.encryption, { escrow: "none", because: "made again from the event log" }]) {
      plan.encryption = { ...escrow, repository: { kmsKey } };
      expect(parsePlan(plan, engineSections).encryption.repository).toEqual({ kmsKey });
      plan.encryption = { ...escrow, repository: { kmsKey: "arn:aws:kms:eu-central-1:123456789012:alias/backups" } };
      expect(problemsOf(plan)).toContain("the ARN of a KMS key, not of an alias");
    }
  });

  it("AS-23 takes a prefix for the names of metrics, as CloudWatch would show it", () => {
    expect(parsePlan({ ...localPlan(), metrics: { prefix: "aegis" } }, engineSections).metrics).toEqual({
      prefix: "aegis",
    });
    expect(problemsOf({ ...localPlan(), metrics: { prefix: "Aegis Shield" } })).toContain(
      "metrics.prefix: must be 2 to 32",
    );
  });

  it("GL-18 refuses hours that end before they begin, in no time zone, and after which nobody is asked", () => {
    const plan = localPlan();
    const hours = { timeZone: "Europe/Berlin", from: "08:00", to: "18:00", afterHours: "management" };
    plan.roles = {
      ...plan.roles,
      night: { primary: "ada", hours: { ...hours, from: "22:00", to: "06:00" } },
      nowhere: { primary: "ada", hours: { ...hours, timeZone: "Europe/Nowhere" } },
      nobody: { primary: "ada", hours: { ...hours, afterHours: "ghosts" } },
      circle: { primary: "ada", hours: { ...hours, afterHours: "night" } },
    };

    const problems = problemsOf(plan);
    expect(problems).toContain("roles.night.hours.to: 06:00 is not after 22:00");
    expect(problems).toContain("roles.nowhere.hours.timeZone: must be a time zone, as in Europe/Berlin");
    expect(problems).toContain('roles.nobody.hours.afterHours: there is no role "ghosts"');
    expect(problems).toContain("roles.circle.hours.afterHours: night has hours itself");
  });

  it("AP-19 refuses a ladder with a role that nobody has, in the wrong order, or for a code that another one has", () => {
    const plan = localPlan();
    plan.escalation = {
      one: {
        rungs: [
          { after: "30m", role: "database" },
          { after: "15m", role: "nobody" },
        ],
      },
      two: { codes: ["BackupFailed"], rungs: [{ after: "0m", role: "database" }] },
      three: { codes: ["BackupFailed"], rungs: [{ after: "0m", role: "database" }] },
    };
    const problems = problemsOf(plan);
    expect(problems).toContain('escalation.one.rungs.1.role: there is no role "nobody"');
    expect(problems).toContain("escalation.one.rungs.1.after: 15m comes before the 30m of the rung below");
    expect(problems).toContain("escalation.three.codes: another ladder has BackupFailed");
  });

  it("refuses an incident of a kind that there is not, or for what is no code of an alarm", () => {
    const plan = { ...localPlan(), incidents: { PointSuspicious: "wrong", "point suspicious": "corrupt" } };

    const problems = problemsOf(plan);
    expect(problems).toContain("incidents.PointSuspicious:");
    expect(problems).toContain("incidents.point suspicious: ");
  });

  it("A2 refuses a route to a channel that the plan does not have, and one that leads nowhere", () => {
    const plan = localPlan();
    plan.tell = { slack: plan.tell.slack, routes: { info: [], warning: [], critical: ["slack", "pagerduty"] } };
    const problems = problemsOf(plan);
    expect(problems).toContain("tell.routes.warning: ");
    expect(problems).not.toContain("tell.routes.info");

    plan.tell.routes.warning = ["sns"];
    expect(problemsOf(plan)).toContain("tell.routes.critical.1: the plan has no pagerduty: nobody would be told");
  });

  it("AP-20 refuses a role of somebody who is no contact, and a contact that can't be reached", () => {
    const plan = localPlan();
    plan.contacts = { ada: { name: "Ada" }, grace: { phone: "030 123456" } };
    plan.roles = { database: { primary: "ada", secondary: "linus", disasters: ["lost"] }, staff: { primary: "linus" } };
    const problems = problemsOf(plan);
    expect(problems).toContain("contacts.ada: needs an email or a phone");
    expect(problems).toContain("contacts.grace.phone: must be an international number");
    expect(problems).toContain("roles.database.disasters.0: ");
    expect(problems).toContain('roles.staff.primary: there is no contact "linus"');
  });

  it("C1 IS-3 GL-1 refuses an RPO that is shorter than the interval of the backup that should meet it, with both numbers", () => {
    const plan = localPlan();
    plan.objectives["app-db"].rpo = "6h";

    expect(problemsOf(plan)).toContain(
      `objectives.app-db.rpo: C1: 6h can't be met: backup "nightly" runs up to 24h apart`,
    );
  });

  it("C1 holds the RPO against the most frequent backup that the source is in", () => {
    const plan = localPlan();
    plan.objectives["app-db"].rpo = "6h";
    plan.backups.often = { schedule: "0 */6 * * *", sources: ["app-db"] };

    expect(problemsOf(plan)).toBe("no problem");
  });

  it("refuses a source that is in no backup", () => {
    const plan = localPlan();
    plan.backups.nightly.sources = ["sessions"];

    expect(problemsOf(plan)).toContain("sources.app-db: is in no backup: it would never be captured");
  });

  it("refuses a source without an objective", () => {
    const plan = localPlan();
    delete plan.objectives.sessions;

    expect(problemsOf(plan)).toContain("objectives.sessions: is missing");
  });

  it("refuses a live target as the place where restores land by themselves", () => {
    const plan = localPlan();
    plan.sources["app-db"].restoreTo = "app-db-live";

    expect(problemsOf(plan)).toContain('sources.app-db.restoreTo: "app-db-live" is live');
  });

  it("refuses a live target that is on another server than the source it claims to be", () => {
    const plan = localPlan();
    plan.targets["app-db-live"].connection.port = 15433;

    expect(problemsOf(plan)).toContain(
      'targets.app-db-live.source: "app-db" is on 10.88.0.1:15432: a safety point would be taken of another server',
    );
  });

  it("refuses a live target that is another folder than the source it claims to be", () => {
    const plan = parse(readFileSync("config/examples/uploads.yml", "utf8"));
    plan.targets["uploads-live"].path = "downloads";

    expect(problemsOf(plan)).toContain(
      'targets.uploads-live.source: "uploads" is on fs-0123456789abcdef0:/uploads: a safety point would be taken of another server',
    );
  });

  it.each(["/uploads", "../uploads", "a/../b", "a//b", "a/.", "", "a\0b"])(
    "N2: refuses %j as the path of a tree",
    (path) => {
      const plan = parse(readFileSync("config/examples/uploads.yml", "utf8"));
      plan.sources.uploads.path = path;
      plan.targets["staging-uploads"].path = path;

      expect(problemsOf(plan)).toMatch(/sources\.uploads\.path: .*\n.*targets\.staging-uploads\.path: /s);
    },
  );

  it("refuses the root of a file system as a target: it can't be exchanged by renaming", () => {
    const plan = parse(readFileSync("config/examples/uploads.yml", "utf8"));
    plan.targets["staging-uploads"].path = ".";

    expect(problemsOf(plan)).toContain("targets.staging-uploads.path: must be relative");
  });

  it.each([
    "http://hooks.slack.com",
    "https://hooks.slack.com/services",
    "https://169.254.169.254",
    "http://10.0.0.5:8080",
    "https://[::1]",
    "file:///etc",
    "x",
  ])("N4 refuses %j as the place that a webhook may lead to, and a bot's calls", (origin) => {
    const { botTokenSecret, channel } = localPlan().tell.slack;
    const told = (slack: unknown) => problemsOf({ ...localPlan(), tell: { slack } });

    const must = "must be https:// and a host name";
    expect(told({ botTokenSecret, channel, apiOrigin: origin })).toContain(`tell.slack.apiOrigin: ${must}`);
    expect(told({ webhookSecret: botTokenSecret, webhookOrigin: origin })).toContain(
      `tell.slack.webhookOrigin: ${must}`,
    );
  });

  it("refuses an engine that does not exist and names those that do", () => {
    const plan = localPlan();
    plan.sources.sessions.engine = "mongodb";

    expect(problemsOf(plan)).toMatch(/sources\.sessions\.engine: .*"postgresql"\|"redis"/);
  });

  it("refuses a password in place of a secret's ARN", () => {
    const plan = localPlan();
    plan.sources.sessions.secret = "hunter2";

    expect(problemsOf(plan)).toContain("sources.sessions.secret: must be the ARN of a secret in Secrets Manager");
  });

  it("AS-27 takes a bandwidth limit with its unit, and refuses one that could mean anything", () => {
    const plan = localPlan();
    plan.sources.sessions.bandwidthLimit = "100MB/s";
    plan.sources["app-db"].bandwidthLimit = "100M";

    expect(problemsOf(plan)).toContain("The plan has 1 problem:");
    expect(problemsOf(plan)).toContain(
      "sources.app-db.bandwidthLimit: must be a number of MB/s or GB/s, as in 100MB/s",
    );
    expect([bytesPerSecond("100MB/s"), bytesPerSecond("2GB/s")]).toEqual([100_000_000, 2_000_000_000]);
  });

  it("refuses what waits to be filled in, wherever it stands, with its path", () => {
    const plan = localPlan();
    plan.targets["staging-redis"].connection.host = "${env:REDIS_HOST}";
    plan.sources["app-db"].databases[1] = "app_${stage}";

    const problems = problemsOf(plan);

    expect(problems).toContain("The plan has 2 problems:");
    expect(problems).toContain(
      "targets.staging-redis.connection.host: holds ${env:REDIS_HOST}: nothing is filled into a plan",
    );
    expect(problems).toContain("sources.app-db.databases.1: holds ${stage}: ");
  });

  it.each([[null], ["a text"], [[]], [42], [{}]])("N3 refuses %j as a plan without crashing", (plan) => {
    expect(problemsOf(plan)).toContain("The plan has");
  });
});

describe("the plan's retention", () => {
  const withRetention = (retention: object, change: (plan: ReturnType<typeof localPlan>) => void = () => {}) => {
    const plan = localPlan();
    plan.retention = retention;
    change(plan);
    return problemsOf(plan);
  };
  const schedule = "0 4 * * 0";

  it("AP-6 refuses copies of sources that there are not, and two that share a bucket", () => {
    const plan = localPlan();
    const offsite = { bucket: "a-bucket", region: "eu-west-1", sources: ["uploads", "nowhere"] };

    const problems = problemsOf({ ...plan, copies: { offsite, again: { ...offsite, sources: undefined } } });

    expect(problems).toContain('copies.offsite.sources.1: there is no source "nowhere"');
    expect(problems).toContain('copies.again.bucket: "offsite" is in this bucket already');
    expect(problems).toContain("has 2 problems");
  });

  it("AP-2 GL-8 IS-2 takes policies and a lock for a copy, and refuses what contradicts itself, its lock or the sweeps", () => {
    const plan = localPlan();
    const place = { bucket: "a-bucket", region: "eu-west-1", sources: ["uploads"] };
    const problems = (copy: object, change: object = {}) =>
      problemsOf({ ...plan, ...change, copies: { offsite: { ...place, ...copy } } });
    const retention = { default: { days: 90 }, sources: { uploads: { days: 60, monthly: 84 } } };

    expect(problems({ retention, lock: { mode: "compliance", for: "30d" } })).toBe("no problem");
    expect(problems({ retention }, { retention: undefined })).toContain(
      "copies.offsite.retention: needs the plan's own retention, which says when the sweeps run",
    );
    expect(problems({ lock: { mode: "compliance", for: "30d" } })).toContain(
      "copies.offsite.lock: needs retention, whose sweep extends the locks",
    );
    const wrong = problems({
      retention: { default: { days: 90, daily: 7 }, sources: { nowhere: { days: 10 } } },
      lock: { mode: "compliance", for: "91d" },
    });
    expect(wrong).toContain("copies.offsite.retention.default.daily: 7 keeps nothing that days: 90 does not keep");
    expect(wrong).toContain('copies.offsite.retention.sources.nowhere: there is no source "nowhere"');
    expect(wrong).toContain(
      "copies.offsite.lock.for: 91d is longer than the 90 days of copies.offsite.retention.default",
    );
    expect(problemsOf({ ...plan, copies: { repository: place } })).toContain(
      "copies.repository: is what the first bucket is called",
    );
  });

  it("GL-8 takes a copy in an archive for seven years, and refuses one that S3 bills for longer than it is kept, or that is to be read", () => {
    const plan = localPlan();
    const place = { bucket: "a-bucket", region: "eu-west-1", sources: ["uploads"], storageClass: "DEEP_ARCHIVE" };
    const problems = (copy: object) => problemsOf({ ...plan, copies: { cold: { ...place, ...copy } } });

    expect(problems({ retention: { default: { days: 180, monthly: 84 } } })).toBe("no problem");
    const wrong = problems({
      readBack: "bytes",
      retention: { default: { days: 179 }, sources: { uploads: { days: 30, monthly: 84 } } },
    });
    for (const path of ["default.days: 179", "sources.uploads.days: 30"])
      expect(wrong).toContain(
        `copies.cold.retention.${path} is shorter than the 180 days that DEEP_ARCHIVE bills anyway`,
      );
    expect(wrong).toContain("copies.cold.readBack: bytes can't be read from DEEP_ARCHIVE without a thaw");
    expect(problems({ storageClass: "STANDARD_IA", readBack: "bytes", retention: { default: { days: 30 } } })).toBe(
      "no problem",
    );
    expect(problems({ storageClass: "OUTPOSTS" })).toContain("copies.cold.storageClass");
  });

  it("AP-2 AP-4 GL-6 GL-8 takes a policy for each source beside a default, and a weekly sweep on Sunday", () => {
    const sources = { "app-db": { days: 90, monthly: 84 }, sessions: { days: 14 } };

    expect(withRetention({ schedule, default: { days: 30 }, sources })).toBe("no problem");
  });

  it.each([0, -1, Number.NaN, 1.5, "30", "*", "", null])("T5 refuses %j as days", (days) => {
    expect(withRetention({ schedule, default: { days } })).toContain("retention.default.days: ");
  });

  it("C5 refuses a policy that would keep fewer than two verified points", () => {
    expect(withRetention({ schedule, default: { days: 30, count: 1 } })).toContain("retention.default.count: ");
  });

  it("refuses everything that contradicts itself, the backups or the objectives, at once", () => {
    const problems = withRetention(
      {
        schedule,
        default: { days: 2, hourly: 100 },
        sources: { nowhere: { days: 30 }, uploads: { days: 30, daily: 30 }, sessions: { days: 1 } },
      },
      (plan) => {
        plan.objectives["app-db"].rpo = "3d";
        plan.backups.nightly.sources = ["app-db", "uploads"];
        plan.backups.weekly = { schedule: "0 2 * * 0", sources: ["sessions"] };
        plan.objectives.sessions.rpo = "7d";
      },
    );

    expect(problems).toContain('retention.sources.nowhere: there is no source "nowhere"');
    expect(problems).toContain('retention.default.days: 2 is shorter than the RPO of "app-db", 3d');
    expect(problems).toContain('retention.default.hourly: "app-db" has no point every hour: its backups run up to 24h');
    expect(problems).toContain("retention.sources.uploads.daily: 30 keeps nothing that days: 30 does not keep");
    expect(problems).toContain(
      'retention.sources.sessions.days: 1 is shorter than what lies between two points of "sessions", 168h',
    );
  });
});
