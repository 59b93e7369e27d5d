-- ICU locale de-DE: sorts and compares unlike the other databases.
CREATE EXTENSION unaccent;
CREATE SCHEMA cases AUTHORIZATION app_owner;
GRANT USAGE ON SCHEMA cases TO team_support;
SET ROLE app_owner;
CREATE TYPE cases.severity AS ENUM ('low', 'medium', 'high');
CREATE TABLE cases.investigations (
  id uuid PRIMARY KEY,
  title text NOT NULL,
  severity cases.severity NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  CONSTRAINT closed_after_opened CHECK (closed_at > opened_at)
);
CREATE INDEX investigations_title ON cases.investigations (title);
CREATE TABLE cases.evidence (
  investigation_id uuid NOT NULL REFERENCES cases.investigations ON DELETE CASCADE,
  seq integer NOT NULL,
  kind varchar(10) NOT NULL CHECK (kind IN ('prompt', 'response', 'alert')),
  content text NOT NULL,
  score double precision,
  labels text[],
  PRIMARY KEY (investigation_id, seq)
) PARTITION BY HASH (investigation_id);
CREATE TABLE cases.evidence_0 PARTITION OF cases.evidence FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE cases.evidence_1 PARTITION OF cases.evidence FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE cases.evidence_2 PARTITION OF cases.evidence FOR VALUES WITH (MODULUS 3, REMAINDER 2);
COMMENT ON TABLE cases.investigations IS 'One row per case';
COMMENT ON TABLE cases.evidence IS 'Partitioned by hash';
GRANT SELECT ON ALL TABLES IN SCHEMA cases TO team_support;

INSERT INTO cases.investigations
SELECT md5('case' || i)::uuid, (ARRAY['Ärger', 'Zorn', 'ähnlich', 'Straße', 'strasse', 'Öl'])[1 + i % 6] || ' ' || i, (enum_range(NULL::cases.severity))[1 + i % 3],
  timestamptz '2025-01-01 00:00+00' + i * interval '3 hours', CASE WHEN i % 2 = 0 THEN timestamptz '2026-01-01 00:00+00' + i * interval '3 hours' END
FROM generate_series(1, 2000) AS i;
INSERT INTO cases.evidence
SELECT md5('case' || 1 + i % 2000)::uuid, i, (ARRAY['prompt', 'response', 'alert'])[1 + i % 3], 'Evidence ' || i || ': ' || md5('e' || i) || md5('f' || i) || md5('g' || i) || md5('h' || i),
  CASE WHEN i % 100 = 0 THEN 'NaN' ELSE i / 7.0 END, CASE WHEN i % 5 = 0 THEN NULL ELSE ARRAY['label ' || i % 9] END
FROM generate_series(1, 160000) AS i;
CREATE VIEW cases.open_investigations AS SELECT id, title, severity FROM cases.investigations WHERE closed_at IS NULL;
CREATE MATERIALIZED VIEW cases.evidence_per_case AS SELECT investigation_id, count(*) AS pieces, max(score) AS worst FROM cases.evidence GROUP BY 1 ORDER BY 1;
