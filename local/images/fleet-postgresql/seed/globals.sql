-- What belongs to the server and not to a database: a dump of one database has none of it.
CREATE ROLE app_owner NOLOGIN;
CREATE ROLE reports_owner NOLOGIN;
CREATE ROLE app_writer LOGIN CONNECTION LIMIT 20; -- gets a password at the start
CREATE ROLE app_reader LOGIN; -- has none
CREATE ROLE team_support NOLOGIN NOINHERIT;
CREATE ROLE "Auditor (EU)" LOGIN VALID UNTIL '2031-01-01 00:00:00+00';

GRANT app_reader TO app_writer;
GRANT app_reader TO "Auditor (EU)" WITH INHERIT TRUE, SET FALSE;
GRANT team_support TO app_reader WITH ADMIN OPTION;
GRANT reports_owner TO app_owner;
-- pg_read_all_data says nothing about large objects: their owners' rights are needed.
GRANT app_owner, reports_owner TO holdfast_backup WITH INHERIT TRUE, SET FALSE;

ALTER ROLE app_writer SET lock_timeout = '5s';
ALTER ROLE app_writer SET search_path = shop, public;
ALTER ROLE app_reader SET default_transaction_read_only = on;
ALTER ROLE "Auditor (EU)" SET statement_timeout = '60s';

COMMENT ON ROLE app_owner IS 'Owns the schema of the application; nobody logs in as it';
COMMENT ON ROLE app_writer IS 'The application';
COMMENT ON ROLE app_reader IS 'Dashboards';
COMMENT ON ROLE "Auditor (EU)" IS 'Name with spaces and parentheses';

-- Four databases, four kinds of locale.
CREATE DATABASE app OWNER app_owner;
CREATE DATABASE investigations OWNER app_owner TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE';
CREATE DATABASE compliance OWNER reports_owner TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE analytics OWNER app_owner TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' CONNECTION LIMIT 30;

COMMENT ON DATABASE app IS 'Shop and back office';
COMMENT ON DATABASE investigations IS 'Cases and their evidence';
COMMENT ON DATABASE compliance IS 'Policies and who accepted them';
COMMENT ON DATABASE analytics IS 'What visitors did';

ALTER DATABASE app SET timezone = 'Europe/Berlin';
ALTER DATABASE app SET statement_timeout = '10min';
ALTER DATABASE analytics SET work_mem = '16MB';
ALTER DATABASE investigations SET default_text_search_config = 'german';
ALTER ROLE app_writer IN DATABASE analytics SET work_mem = '32MB';

REVOKE CONNECT, TEMPORARY ON DATABASE app, investigations, compliance, analytics FROM PUBLIC;
GRANT CONNECT ON DATABASE app, investigations, compliance, analytics TO holdfast_backup;
GRANT CONNECT, TEMPORARY ON DATABASE app, analytics TO app_writer;
GRANT CONNECT ON DATABASE app, analytics TO app_reader WITH GRANT OPTION;
GRANT CONNECT ON DATABASE compliance TO "Auditor (EU)";
