-- Inheritance, a shared sequence, names and values that break quoting.
SET ROLE app_owner;
SET search_path = ops, public, extensions;

CREATE TABLE machines (id integer PRIMARY KEY, hostname name NOT NULL, address inet, hardware macaddr8);
CREATE TABLE leased_machines (leased_until date NOT NULL, CHECK (id > 0)) INHERITS (machines);
COMMENT ON TABLE leased_machines IS 'Inherits the classic way: a count of the parent includes it, COPY of the parent does not';
INSERT INTO machines SELECT i, 'host-' || i, ('10.0.' || i % 250 || '.1')::inet, '08:00:2b:01:02:03:04:05' FROM generate_series(1, 200) AS i;
INSERT INTO leased_machines SELECT i, 'leased-' || i, ('10.1.' || i % 250 || '.1/24')::inet, NULL, date '2031-01-01' + i FROM generate_series(1001, 1100) AS i;

CREATE SEQUENCE ticket_number START 5000 INCREMENT 3 CACHE 10;
COMMENT ON SEQUENCE ticket_number IS 'Belongs to no column: two tables share it';
CREATE TABLE incidents (number bigint PRIMARY KEY DEFAULT nextval('ops.ticket_number'), what text NOT NULL);
CREATE TABLE changes (number bigint PRIMARY KEY DEFAULT nextval('ops.ticket_number'), what text NOT NULL, incident bigint);
INSERT INTO incidents (what) SELECT 'Incident ' || i FROM generate_series(1, 40) AS i;
INSERT INTO changes (what, incident) SELECT 'Change ' || i, 4242 FROM generate_series(1, 60) AS i;
ALTER TABLE changes ADD CONSTRAINT changes_incident FOREIGN KEY (incident) REFERENCES incidents NOT VALID;
ALTER TABLE changes ADD CONSTRAINT changes_are_long CHECK (length(what) > 100) NOT VALID;
COMMENT ON CONSTRAINT changes_incident ON changes IS 'Not valid, and rows do violate it';
CREATE SEQUENCE never_used AS smallint MINVALUE -5 START -5 MAXVALUE 5 CYCLE;

CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
COMMENT ON TABLE no_columns IS 'Three rows of nothing';

CREATE TABLE every_value (
  id integer PRIMARY KEY, "float" double precision, "real" real, exact numeric, at timestamptz, "day" date, span interval, words text, "char" "char", bits bit varying,
  bytes bytea, "json" json, "jsonb" jsonb, matrix integer[][], "uuid" uuid, shape polygon, ranges int4multirange, network cidr, "xml" text, position pg_lsn, flag boolean
);
INSERT INTO every_value VALUES
  (1, 'NaN', 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', '', 'a', B'1', '\x', '{"b": 1,  "a": 1, "a": 2}', '{"a": 2}', '{{1,2},{3,NULL}}', '00000000-0000-0000-0000-000000000000', '((0,0),(1,1),(1,0))', '{[1,3),[5,)}', '10.0.0.0/8', '<a/>', '0/0', true),
  (2, '-Infinity', 'Infinity', 'Infinity', '-infinity', '-infinity', '-infinity', NULL, '', B'', '\x00ff005c', 'null', 'null', '[0:1][2:3]={{1,2},{3,4}}', NULL, NULL, '{}', NULL, NULL, 'FFFFFFFF/FFFFFFFF', false),
  (3, 5e-324, 1e-45, 1e-16383, '4713-01-01 00:00:00+00 BC', '4714-11-24 BC', '178000000 years', E'\\N', '\200', B'0101', '\xdeadbeef', '"\u0000"', '"\\."', '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 0.1::float8 + 0.2, 16777217, 123456789012345678901234567890.123456789012345678901234567890, '2025-03-30 02:30:00+01', '2024-02-29', '1 mon -1 day +00:00:00.000001', E'\\.\n\\.\r\n\ttab\b\v end ', NULL, NULL, NULL, '[]', '[1e2, 1.0, 100]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, -0.0, -0.0, 0.0000, '294276-12-31 23:59:59.999999+00', '5874897-12-31', NULL, U&'\FEFFzero\200Bwidth e\0301 é \+01F9EF', NULL, NULL, NULL, NULL, '{"😀": "\u200b"}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
COMMENT ON TABLE every_value IS 'Not a number, endless, before Christ, empty and NULL';

CREATE TABLE "Büro & Lager"."Bestellung ""Eil"" №1" (
  "größe (cm)" numeric PRIMARY KEY, "select" text, "日本語" text COLLATE shop.case_insensitive, "With ""quotes"" and 'apostrophes'" text, "tab	here" integer, "%s $1 \n" text DEFAULT 'it''s'
);
INSERT INTO "Büro & Lager"."Bestellung ""Eil"" №1" SELECT i + 0.5, 'from', 'テスト ' || i, 'x', i, 'it''s' FROM generate_series(1, 100) AS i;
CREATE INDEX "Index mit Leerzeichen" ON "Büro & Lager"."Bestellung ""Eil"" №1" (lower("select"), "größe (cm)" DESC NULLS LAST);
COMMENT ON COLUMN "Büro & Lager"."Bestellung ""Eil"" №1"."日本語" IS 'Kommentar mit ''Anführung'' und
einer zweiten Zeile';

CREATE TABLE flags (name text NOT NULL, environment text, value boolean, UNIQUE NULLS NOT DISTINCT (name, environment));
ALTER TABLE flags REPLICA IDENTITY FULL;
INSERT INTO flags SELECT 'flag-' || i, CASE WHEN i % 2 = 0 THEN 'prod' END, i % 3 = 0 FROM generate_series(1, 50) AS i;
