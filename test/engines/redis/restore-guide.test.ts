import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { captureRdb } from "#engines/redis/capture.ts";
import { SCRATCH_PORT } from "#engines/redis/config.ts";
import { redis } from "#engines/redis/engine.ts";
import { fillWithEverything } from "./example-keys.ts";
import { privateFolder, startRedis } from "./real-redis.ts";
import { oneAtATime, redisWorld } from "./redis-world.ts";

it("X7: restores with Redis' own tools alone, as the guide says", async () => {
  await oneAtATime();
  const source = await startRedis();
  await fillWithEverything(source.link);
  const world = redisWorld();
  await captureRdb(await world.capture(), source.section);
  const target = await startRedis();
  const folder = await privateFolder();
  await writeFile(join(folder, "plain"), world.stored[0]?.bytes ?? "");
  const guide = redis.restoreGuide(world.point().artifacts);
  const commands = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, lines]) => lines).join("");
  onTestFinished(async () => {
    await execa("sh", ["-c", `redis-cli -p ${SCRATCH_PORT} -a "$(cat password)" SHUTDOWN NOSAVE`], {
      cwd: folder,
      reject: false,
    });
  });

  const script = `set -e; open_artifact() { cat plain; }\n${commands
    .replaceAll("-h TARGET", `-h 127.0.0.1 -p ${target.port}`)
    .replaceAll("THIS_HOST", "127.0.0.1")}\necho "$password" > password`;
  const { stdout } = await execa("sh", ["-c", script], { cwd: folder });

  expect(stdout).toContain("RDB looks OK");
  expect(await target.link.ask("DEBUG", "DIGEST")).toBe(await source.link.ask("DEBUG", "DIGEST"));
  expect(String(await target.link.ask("INFO", "replication"))).toContain("role:master");
});
