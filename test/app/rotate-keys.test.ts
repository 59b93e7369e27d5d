import { describe, expect, it } from "vitest";
import { rotateKeys } from "#app/rotate-keys.ts";
import { WrongKey } from "#domain/errors.ts";
import { RotateByHand } from "#events/by-hand.ts";
import type { WrappedKey, WrappingKey } from "#ports/keys.ts";
import { layout } from "../support/memory-world.ts";
import { daysAgo, havePoint, retentionWorld } from "../support/retention-world.ts";

const at = new Date("2026-11-22T03:00:00Z");

/** A stage with points whose data keys are wrapped by the first material; `written` is when a generation came. */
async function keysWorld(nights = 3) {
  const world = retentionWorld();
  const ids = [];
  for (let night = nights; night > 0; night--) ids.push(await havePoint(world, daysAgo(night)));
  const written = (key: string, time: Date) =>
    world.histories.set(key, { key, versions: [{ versionId: "1", at: time }], markers: [] });
  for (const key of [...world.objects.keys()].filter((one) => one.includes("/keys/"))) {
    const wrapped: WrappedKey = { wrapped: "material 1", kmsKey: "arn:envelope", context: { key } };
    world.objects.set(key, new TextEncoder().encode(JSON.stringify(wrapped)));
    written(key, daysAgo(1));
  }
  const material = { number: 1, rotatedAt: undefined as Date | undefined };
  const wrappingKey: WrappingKey = {
    rotate: async () => void Object.assign(material, { number: material.number + 1, rotatedAt: at }),
    rotatedAt: async () => material.rotatedAt,
    rewrap: async (key) => ({ ...key, wrapped: `material ${material.number}` }),
  };
  const { create } = world.ports.repository;
  world.ports.repository.create = async (key, body) => {
    const done = await create(key, body);
    if (done === "created") written(key, world.time.at);
    return done;
  };
  const ports = { ...world.ports, wrappingKey, verifyMachine: "arn:verify" };
  const run = (input: object, more: object = {}) =>
    rotateKeys({ ...ports, ...more })(RotateByHand.parse(input), "a call");
  const wrappings = () =>
    [...world.objects]
      .filter(([key]) => key.includes("/keys/"))
      .map(([key, body]) => `${key.split("/").at(-1)} ${JSON.parse(new TextDecoder().decode(body)).wrapped}`);
  return { ...world, ids, wrappingKey, run, wrappings };
}
const now = { now: true, because: "a laptop was stolen", requestedBy: "Ada" };

describe("rotating keys", () => {
  it("AS-12 wraps every older data key anew beside the old wrapping, and touches nothing else", async () => {
    const world = await keysWorld();
    const before = new Map(world.objects);

    const answer = await world.run(now);

    expect(answer.figures).toMatchObject({ rewrapped: 3, left: 0, problems: [] });
    expect(world.wrappings()).toEqual([...Array(3).fill("1.json material 1"), ...Array(3).fill("2.json material 2")]);
    for (const [key, bytes] of before) expect(world.objects.get(key), key).toBe(bytes);
    const added = [...world.objects.keys()].filter((key) => !before.has(key));
    expect(added.filter((key) => !/\/(keys|audit)\//.test(key))).toEqual([]);
    expect(added.some((key) => key.startsWith(layout.audits()))).toBe(true);
  });

  it("has the oldest and the newest point that it concerns read back", async () => {
    const world = await keysWorld();

    await world.run(now);

    expect(world.started.map(({ input }) => input)).toEqual([
      { backupId: world.ids[0], again: true },
      { backupId: world.ids[2], again: true },
    ]);
  });

  it("does nothing where nothing was rotated, and nothing a second time", async () => {
    const world = await keysWorld();

    const never = await world.run({});
    await world.run(now);
    const again = await world.run({});

    expect(never.verdict).toContain("was never rotated");
    expect(again.figures).toMatchObject({ rewrapped: 0, left: 0 });
    expect(world.wrappings()).toHaveLength(6);
  });

  it("goes on with what is left: what KMS refused, and what the time was too short for", async () => {
    const world = await keysWorld();
    const [refused] = world.ids;
    const rewrap: WrappingKey["rewrap"] = async (key) => {
      if (key.context["key"]?.includes(String(refused))) throw new WrongKey("not ours");
      return world.wrappingKey.rewrap(key);
    };
    let calls = 0;
    const hasty = () => new Date(world.time.at.getTime() + (calls++ > 0 ? 3_600_000 : 0));

    const late = await world.run(now, { clock: hasty });
    const first = await world.run({}, { wrappingKey: { ...world.wrappingKey, rewrap } });
    const second = await world.run({});

    expect(late.figures).toMatchObject({ rewrapped: 0, left: 3 });
    expect(first.figures).toMatchObject({
      rewrapped: 2,
      left: 1,
      problems: [expect.stringMatching(new RegExp(`^${refused}.*WrongKey: not ours`))],
    });
    expect(first.next).toContain("-f rotate-keys");
    expect(second.figures).toMatchObject({ rewrapped: 1, left: 0 });
  });
});
