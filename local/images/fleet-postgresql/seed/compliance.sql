-- Collated by byte values (C); belongs to another owner; large objects of its own, with the same numbers as in app.
CREATE SCHEMA AUTHORIZATION reports_owner;
GRANT USAGE ON SCHEMA reports_owner TO "Auditor (EU)";
SET ROLE reports_owner;
CREATE TABLE reports_owner.policies (id integer PRIMARY KEY, name text NOT NULL UNIQUE, valid_during daterange NOT NULL, body text NOT NULL);
CREATE TABLE reports_owner.acceptances (
  policy_id integer NOT NULL REFERENCES reports_owner.policies,
  person text NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT '-infinity',
  signature bytea NOT NULL,
  PRIMARY KEY (policy_id, person)
);
COMMENT ON TABLE reports_owner.acceptances IS 'Who accepted which policy, and when';
GRANT SELECT ON reports_owner.policies, reports_owner.acceptances TO "Auditor (EU)";
INSERT INTO reports_owner.policies SELECT i, 'Policy ' || chr(64 + i) || chr(96 + i), daterange(date '2020-01-01' + i, CASE WHEN i % 2 = 0 THEN date '2029-01-01' END), repeat(md5('p' || i) || E'\r\n', 2000) FROM generate_series(1, 26) AS i;
INSERT INTO reports_owner.acceptances SELECT 1 + i % 26, 'person-' || i, timestamptz '2025-02-01 00:00+00' + i * interval '11 seconds', sha512(i::text::bytea) || sha512(('b' || i)::bytea) FROM generate_series(1, 70000) AS i;
RESET ROLE;
SELECT lo_from_bytea(700001, '\x00010203');
ALTER LARGE OBJECT 700001 OWNER TO reports_owner;
COMMENT ON LARGE OBJECT 700001 IS 'Same number as one in app, other content';
