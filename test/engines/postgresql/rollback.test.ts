import { afterAll, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import { belongings, captured, databaseNames, engineTools, restored, session, sql, target } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

const rollback = async (restore: Awaited<ReturnType<typeof restored>>) =>
  postgresql.rollback?.(engineTools(), target, restore);

it("GL-11: puts every old database back in one step, keeps what had come into the restored ones, and ends who is in the way", async () => {
  const [a, b] = [
    await own.database("a", "create table t as select 1 as i"),
    await own.database("b", "create table t as select 2 as i"),
  ];
  const point = await captured([a, b]);
  await sql(a, "update t set i = 10");
  await sql(b, "update t set i = 20");
  const restore = await restored(point);
  await sql(a, "insert into t values (11)");
  await session(a, undefined, "left-open");

  const undone = await rollback(restore);

  expect([...(await sql(a, "select i from t")), ...(await sql(b, "select i from t"))]).toEqual([{ i: 10 }, { i: 20 }]);
  expect(await sql(`holdfast_undone_${restore.restoreId}_1`, "select i from t order by i")).toEqual([
    { i: 1 },
    { i: 11 },
  ]);
  expect(undone?.notes).toEqual([expect.stringContaining("left-open")]);
  for (const { drop } of undone?.kept ?? []) await sql("postgres", drop);
  expect((await databaseNames()).filter((name) => name.includes(restore.restoreId))).toEqual([]);
});

it("X4: says that there is nothing to roll back, and touches nothing, when the old state was dropped, or was put back already", async () => {
  const [a, b] = [
    await own.database("a", "create table t as select 1 as i"),
    await own.database("b", "create table t as select 1 as i"),
  ];
  const [dropped, twice] = [await restored(await captured([a])), await restored(await captured([b]))];
  for (const { drop } of dropped.kept) await sql("postgres", drop);
  for (const { drop } of (await rollback(twice))?.kept ?? []) await sql("postgres", drop);

  for (const restore of [dropped, twice])
    await expect(rollback(restore)).rejects.toMatchObject({
      name: "NothingToRollBack",
      message: expect.stringContaining(`holdfast_old_${restore.restoreId}_1`),
    });

  expect([...(await sql(a, "select i from t")), ...(await sql(b, "select i from t"))]).toEqual([{ i: 1 }, { i: 1 }]);
});

it("GL-11: drops by age what a restore, or its rollback, has kept, and nothing that another one has kept, even one with users in it", async () => {
  const [a, b] = [
    await own.database("a", "create table t as select 1 as i"),
    await own.database("b", "create table t as select 1 as i"),
  ];
  const point = await captured([a, b]);
  const [first, second] = [await restored(point), await restored(point)];
  await rollback(second);
  const user = await session(`holdfast_old_${first.restoreId}_1`);
  const lookalike = own.alsoDrops(`holdfast_old_${first.restoreId}_1x`);
  await sql("postgres", `create database "${lookalike}"`);
  const drop = (id: typeof first.restoreId) => postgresql.dropOld?.(engineTools(), target, id);

  const dropped = [await drop(first.restoreId), await drop(first.restoreId)];
  const left = (await databaseNames()).filter((name) => /^holdfast_(old|undone)/.test(name));
  const undone = await drop(second.restoreId);

  expect(dropped).toEqual([
    [`database "holdfast_old_${first.restoreId}_1"`, `database "holdfast_old_${first.restoreId}_2"`],
    [],
  ]);
  expect(left).toEqual(
    expect.arrayContaining([lookalike, ...[1, 2].map((number) => `holdfast_undone_${second.restoreId}_${number}`)]),
  );
  expect(undone).toEqual([1, 2].map((number) => `database "holdfast_undone_${second.restoreId}_${number}"`));
  expect(await sql(a, "select i from t")).toEqual([{ i: 1 }]);
  await user.end();
});
