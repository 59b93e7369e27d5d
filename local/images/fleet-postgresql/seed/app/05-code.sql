-- Functions, views on views, triggers, rules: what runs, and must not run while data is loaded.
SET ROLE app_owner;
SET search_path = shop, public, extensions;

CREATE FUNCTION order_total(wanted bigint) RETURNS numeric LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(sum(amount), 0) FROM shop.order_lines WHERE order_id = wanted;
END;
CREATE FUNCTION normalized(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT lower(regexp_replace(value, '\s+', ' ', 'g')) $$;
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
  RAISE EXCEPTION '% of % is refused', TG_OP, TG_TABLE_NAME USING HINT = $$'quotes' and $1$$;
END
$body$;
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ops.incidents (what) VALUES ('wish ' || NEW.id);
  RETURN NEW;
END
$$;
CREATE PROCEDURE forget_sessions(before timestamptz) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM shop.sessions WHERE expires_at < before; COMMIT; END $$;
CREATE AGGREGATE longest(text) (sfunc = pg_catalog.text_larger, stype = text);
CREATE OPERATOR ~~~ (leftarg = text, rightarg = text, function = pg_catalog.texticregexeq);
GRANT EXECUTE ON FUNCTION order_total(bigint), normalized(text) TO app_reader;
COMMENT ON FUNCTION order_total(bigint) IS 'SQL body, parsed when it was made';
COMMENT ON PROCEDURE forget_sessions(timestamptz) IS 'Commits by itself';
COMMENT ON AGGREGATE longest(text) IS 'The greatest, really';
COMMENT ON OPERATOR ~~~ (text, text) IS 'Regular expression without case';
CREATE INDEX customers_normalized ON customers (shop.normalized(name));

CREATE VIEW open_orders WITH (security_barrier) AS SELECT id, region, ordered_at, customer_id, total FROM orders WHERE state IN ('placed', 'paid');
CREATE VIEW open_orders_by_customer AS SELECT c.number, c.region, count(*) AS orders, sum(o.total::bigint) AS total FROM open_orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.id;
CREATE VIEW eu_customers WITH (security_invoker) AS SELECT * FROM customers WHERE region = 'eu' WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW revenue_by_month AS
  SELECT date_trunc('month', ordered_at, 'UTC') AS month, region, sum(total::bigint) AS total, count(*) AS orders FROM orders GROUP BY 1, 2 ORDER BY 1, 2;
CREATE UNIQUE INDEX revenue_by_month_key ON revenue_by_month (month, region);
CREATE MATERIALIZED VIEW revenue_by_year AS SELECT date_trunc('year', month, 'UTC') AS year, sum(total) AS total FROM revenue_by_month GROUP BY 1 ORDER BY 1;
CREATE MATERIALIZED VIEW never_filled AS SELECT 1 AS one WITH NO DATA;
COMMENT ON VIEW open_orders_by_customer IS 'A view on a view';
COMMENT ON MATERIALIZED VIEW revenue_by_month IS 'Refreshed at night';
COMMENT ON MATERIALIZED VIEW revenue_by_year IS 'Depends on the other: the order of refreshing matters';

CREATE TRIGGER count_wishes AFTER INSERT ON wishes FOR EACH ROW EXECUTE FUNCTION count_change();
CREATE TRIGGER keep_customers BEFORE DELETE ON customers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER old_check BEFORE UPDATE ON customers FOR EACH ROW WHEN (OLD.region IS DISTINCT FROM NEW.region) EXECUTE FUNCTION refuse_change();
ALTER TABLE customers DISABLE TRIGGER old_check;
CREATE CONSTRAINT TRIGGER late_check AFTER UPDATE ON wishes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON order_lines EXECUTE FUNCTION refuse_change();
ALTER TABLE order_lines ENABLE ALWAYS TRIGGER no_truncate;
CREATE TRIGGER no_insert_into_audit BEFORE DELETE ON back_office.audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TRIGGER old_check ON customers IS 'Disabled';
CREATE RULE copy_flags AS ON INSERT TO ops.flags DO ALSO INSERT INTO ops.changes (what) VALUES ('flag ' || NEW.name);
CREATE RULE open_orders_gone AS ON DELETE TO open_orders DO INSTEAD NOTHING;
COMMENT ON RULE copy_flags ON ops.flags IS 'Would run again if data were loaded by INSERT';

RESET ROLE;
CREATE FUNCTION ops.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('app.log_ddl', true) = 'on' THEN RAISE NOTICE 'ddl: %', tg_tag; END IF;
END
$$;
CREATE EVENT TRIGGER log_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION ops.log_ddl();
COMMENT ON EVENT TRIGGER log_ddl IS 'Belongs to no schema';
CREATE PUBLICATION shop_changes FOR TABLE shop.customers (id, region, created_at) WHERE (id > 1010), shop.orders WITH (publish = 'insert, update', publish_via_partition_root);
COMMENT ON PUBLICATION shop_changes IS 'Columns and rows of one table, all of another';
CREATE TEXT SEARCH CONFIGURATION shop.product_search (COPY = pg_catalog.simple);
COMMENT ON TEXT SEARCH CONFIGURATION shop.product_search IS 'No stemming';
