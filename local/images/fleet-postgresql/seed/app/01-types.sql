-- Extensions, schemas, types, collations: everything that tables need.
CREATE SCHEMA extensions;
COMMENT ON SCHEMA extensions IS 'Extensions that do not live in public';
CREATE EXTENSION pgcrypto;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION ltree;
CREATE EXTENSION hstore SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;

CREATE SCHEMA shop AUTHORIZATION app_owner;
CREATE SCHEMA back_office AUTHORIZATION app_owner;
CREATE SCHEMA ops AUTHORIZATION app_owner;
CREATE SCHEMA "Büro & Lager" AUTHORIZATION app_owner;
COMMENT ON SCHEMA shop IS 'What customers see';
COMMENT ON SCHEMA back_office IS 'What staff see';
COMMENT ON SCHEMA ops IS 'What operators see';
COMMENT ON SCHEMA "Büro & Lager" IS 'Schema with a space, an ampersand and an umlaut; its comment has a ''quote'' and a \ backslash';

ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA shop GRANT SELECT ON TABLES TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA shop GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA shop GRANT USAGE ON SEQUENCES TO app_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT USAGE ON TYPES TO app_writer;
GRANT USAGE ON SCHEMA shop TO app_reader, app_writer;
GRANT USAGE ON SCHEMA back_office TO app_writer;

SET ROLE app_owner;
CREATE COLLATION shop.case_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION shop.phone_book (provider = icu, locale = 'de-u-co-phonebk');
COMMENT ON COLLATION shop.case_insensitive IS 'Nondeterministic: equal strings need not be the same bytes';

CREATE DOMAIN shop.email AS citext CONSTRAINT has_at CHECK (VALUE ~ '^[^@\s]+@[^@\s]+$');
CREATE DOMAIN shop.cents AS bigint DEFAULT 0 NOT NULL CONSTRAINT not_negative CHECK (VALUE >= 0);
CREATE TYPE shop.order_state AS ENUM ('draft', 'placed', 'paid', 'shipped', 'returned', 'it''s lost');
CREATE TYPE shop.address AS (street text, city text COLLATE "C", postcode varchar(12), country char(2));
CREATE TYPE shop.price_range AS RANGE (subtype = numeric, multirange_type_name = shop.price_multirange);
COMMENT ON DOMAIN shop.email IS 'Compared without case';
COMMENT ON CONSTRAINT has_at ON DOMAIN shop.email IS 'The least that an address has';
COMMENT ON TYPE shop.order_state IS 'In the order in which an order goes through them';
COMMENT ON TYPE shop.address IS 'Composite';
COMMENT ON TYPE shop.price_range IS 'Range over numeric';
ALTER TYPE shop.order_state ADD VALUE 'cancelled' BEFORE 'paid'; -- sort order and creation order differ
