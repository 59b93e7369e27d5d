-- Large objects belong to no table and to no schema: a dump of tables has none of them.
SELECT lo_from_bytea(oid, decode(repeat(encode(sha512(('object' || oid)::bytea), 'hex'), 4000), 'hex'))
FROM generate_series(700001, 700024) AS oid;
SELECT lo_from_bytea(700100, ''); -- empty
SELECT lo_create(700101);
SELECT lo_put(700101, 5000000, '\xff'); -- a hole of 5 MB before one byte
SELECT format('ALTER LARGE OBJECT %s OWNER TO %s', oid, (ARRAY['app_owner', 'reports_owner'])[1 + oid % 2]) FROM generate_series(700001, 700024) AS oid \gexec
ALTER LARGE OBJECT 700100 OWNER TO app_owner;
ALTER LARGE OBJECT 700101 OWNER TO app_owner;
GRANT SELECT ON LARGE OBJECT 700001, 700002 TO app_reader;
GRANT SELECT, UPDATE ON LARGE OBJECT 700003 TO app_writer WITH GRANT OPTION;
COMMENT ON LARGE OBJECT 700001 IS 'Scan of the first contract';
COMMENT ON LARGE OBJECT 700101 IS 'Mostly a hole';

CREATE TABLE back_office.contracts (id integer PRIMARY KEY, title text NOT NULL, scan oid);
ALTER TABLE back_office.contracts OWNER TO app_owner;
INSERT INTO back_office.contracts SELECT i, 'Contract ' || i, 700000 + i FROM generate_series(1, 24) AS i;
COMMENT ON COLUMN back_office.contracts.scan IS 'A large object';
