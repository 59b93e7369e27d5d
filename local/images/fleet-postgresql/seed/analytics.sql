-- Wide and plentiful. Built-in locale; tables in public; a list of partitions under one name each.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO app_owner;
SET ROLE app_owner;
CREATE TABLE visits (
  id bigint GENERATED ALWAYS AS IDENTITY,
  source text NOT NULL,
  at timestamp NOT NULL,
  visitor uuid NOT NULL,
  url text NOT NULL,
  properties jsonb NOT NULL
) PARTITION BY LIST (source);
CREATE TABLE visits_web PARTITION OF visits FOR VALUES IN ('web');
CREATE TABLE visits_app PARTITION OF visits FOR VALUES IN ('ios', 'android');
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
CREATE INDEX visits_at ON visits USING brin (at);
COMMENT ON TABLE visits IS 'No primary key';
INSERT INTO visits (source, at, visitor, url, properties)
SELECT (ARRAY['web', 'ios', 'android', 'tv'])[1 + i % 4], timestamp '2025-05-01' + i * interval '5 seconds', md5('visitor' || i % 9000)::uuid,
  'https://example.com/p/' || left(md5(i::text), 12) || '?q=a%20b&x=' || i, jsonb_build_object('width', i % 3000, 'agent', md5('agent' || i % 500), 'trace', md5('trace' || i))
FROM generate_series(1, 220000) AS i;
CREATE TABLE daily (day date PRIMARY KEY, visits bigint NOT NULL);
INSERT INTO daily SELECT at::date, count(*) FROM visits GROUP BY 1 ORDER BY 1;
CREATE SEQUENCE export_number;
SELECT setval('export_number', 41, false);
GRANT SELECT ON ALL TABLES IN SCHEMA public TO app_reader;
