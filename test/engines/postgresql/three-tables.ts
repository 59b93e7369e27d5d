/** As much in each, so that they are dumped in three streams. */
export const threeTables = [
  ...["a", "b", "c"].map(
    (name) =>
      `create table ${name} (id int generated always as identity primary key, filling text); insert into ${name} (filling) select repeat('x', 500) from generate_series(1, 3000)`,
  ),
  "select lo_from_bytea(1, 'x'), lo_from_bytea(2, 'y'); create sequence s",
];
