-- A shop's database, the same bytes each time: everything follows from a row's number by hash functions.
--   psql -v scale=1 -f seed.sql      about 2.3 GB of dump; a table's rows are in proportion to scale
\set ON_ERROR_STOP on
SET timezone = 'UTC';
SET synchronous_commit = off;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET max_parallel_maintenance_workers = 2;

-- A number from 0 to below - 1, of row n; salt tells columns apart.
CREATE FUNCTION pg_temp.num(n bigint, salt bigint, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (hashint8extended(n, salt) & 9223372036854775807) % below;
-- Small numbers are far more frequent than large ones, as customers and products are.
CREATE FUNCTION pg_temp.skewed(n bigint, salt bigint, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (below * ((hashint8extended(n, salt) & 1048575) / 1048576.0::float8) ^ 3)::bigint;
CREATE FUNCTION pg_temp.word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (ARRAY['ka','ber','lin','to','ra','men','si','vol','de','an','gro','pel','is','tu','mar','con','fe','ny','os','wick'])[1 + pg_temp.num(n, 1, 20)]
    || (ARRAY['n','ter','s','mo','ing','la','ed','ri','st','ve'])[1 + pg_temp.num(n, 2, 10)]
    || (ARRAY['','','','al','er','ion','ly','um'])[1 + pg_temp.num(n, 3, 8)];

CREATE TYPE order_status AS ENUM ('placed', 'paid', 'packed', 'shipped', 'delivered', 'returned', 'cancelled');

CREATE TEMP TABLE phrases AS
  SELECT p AS id, string_agg(pg_temp.word(pg_temp.skewed(p * 16 + w, 4, 9000)), ' ' ORDER BY w) AS words
  FROM generate_series(0, 49999) p, generate_series(1, 9) w GROUP BY p;
ALTER TABLE phrases ADD PRIMARY KEY (id);
ANALYZE phrases;

\echo customers
CREATE TABLE customers AS
  SELECT c AS id, initcap(pg_temp.word(pg_temp.skewed(c, 10, 3000))) AS first_name,
    initcap(pg_temp.word(pg_temp.num(c, 11, 40000))) AS last_name,
    pg_temp.word(pg_temp.num(c, 11, 40000)) || c || '@' || (ARRAY['example.com','example.org','mail.example.net'])[1 + pg_temp.num(c, 12, 3)] AS email,
    (pg_temp.num(c, 13, 250) + 1) || ' ' || initcap(pg_temp.word(pg_temp.num(c, 14, 5000))) || ' Street' AS street,
    initcap(pg_temp.word(pg_temp.skewed(c, 15, 2000))) AS city, lpad(pg_temp.num(c, 16, 99999)::text, 5, '0') AS postcode,
    timestamptz '2019-01-01' + pg_temp.num(c, 17, 220000000) * interval '1 second' AS joined_at,
    md5('password' || c) AS password_hash, pg_temp.num(c, 18, 5) > 0 AS wants_news
  FROM generate_series(1, (800000 * :scale)::bigint) c;

\echo orders
CREATE TABLE orders AS
  SELECT o AS id, 1 + pg_temp.skewed(o, 20, (800000 * :scale)::bigint - 1) AS customer_id,
    timestamptz '2021-01-01' + o * interval '31 seconds' + pg_temp.num(o, 21, 31000000) * interval '1 microsecond' AS placed_at,
    (enum_range(NULL::order_status))[1 + (7 * (1 - (pg_temp.num(o, 22, 1000) / 1000.0) ^ 4))::int % 7] AS status,
    (pg_temp.num(o, 23, 60000) + 199) / 100.0::numeric(10, 2) AS total,
    (ARRAY['EUR','EUR','EUR','USD','GBP','CHF'])[1 + pg_temp.num(o, 24, 6)]::char(3) AS currency,
    upper(substr(md5('order' || o), 1, 10)) AS reference
  FROM generate_series(1, (5800000 * :scale)::bigint) o;

\echo order_lines
CREATE TABLE order_lines AS
  SELECT l AS id, 1 + l * 5 / 13 AS order_id, 1 + pg_temp.skewed(l, 30, 20000) AS product_id,
    (1 + pg_temp.skewed(l, 31, 9))::smallint AS quantity, round((pg_temp.skewed(l, 32, 40000) + 99) / 100.0, 2) AS unit_price,
    (ARRAY[0, 0, 0, 5, 10, 20])[1 + pg_temp.num(l, 33, 6)]::smallint AS discount_percent
  FROM generate_series(1, (15000000 * :scale)::bigint) l;

\echo events
CREATE TABLE events AS
  SELECT md5('event' || e)::uuid AS id, timestamptz '2024-01-01' + e * interval '7 seconds' AS at,
    jsonb_build_object('kind', (ARRAY['view','view','view','search','cart','checkout','login'])[1 + pg_temp.num(e, 40, 7)],
      'customer', 1 + pg_temp.skewed(e, 41, (800000 * :scale)::bigint - 1), 'session', md5('session' || e / 9),
      'page', '/' || pg_temp.word(pg_temp.skewed(e, 42, 800)) || '/' || pg_temp.num(e, 43, 20000),
      'agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:' || 90 + pg_temp.num(e, 44, 40) || '.0) Gecko/20100101 Firefox/' || 90 + pg_temp.num(e, 44, 40) || '.0',
      'ip', '10.' || pg_temp.num(e / 9, 45, 256) || '.' || pg_temp.num(e / 9, 46, 256) || '.' || pg_temp.num(e / 9, 47, 256),
      'took', pg_temp.skewed(e, 48, 4000) / 1000.0) AS payload
  FROM generate_series(1, (2200000 * :scale)::bigint) e;

\echo notes
CREATE TABLE notes AS
  SELECT n AS id, 1 + n * 7 AS order_id, string_agg(p.words, CASE WHEN s % 3 = 0 THEN '. ' ELSE ' ' END ORDER BY s) AS body
  FROM generate_series(1, (750000 * :scale)::bigint) n
    CROSS JOIN LATERAL generate_series(1, 4 + pg_temp.num(n, 50, 16)) s
    JOIN phrases p ON p.id = pg_temp.num(n * 32 + s, 51, 50000)
  GROUP BY n;

\echo keys
ALTER TABLE customers ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id);
ALTER TABLE events ADD PRIMARY KEY (id);
CREATE INDEX ON orders (customer_id);
VACUUM (FREEZE, ANALYZE);
CHECKPOINT;
