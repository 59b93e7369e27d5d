-- What holdfast logs in with. Passwords come at the start of the container.
CREATE ROLE holdfast_backup LOGIN BYPASSRLS;
GRANT pg_read_all_data, pg_read_all_settings TO holdfast_backup;
COMMENT ON ROLE holdfast_backup IS 'holdfast: captures. Reads everything, changes nothing';
CREATE ROLE holdfast_restore LOGIN SUPERUSER;
COMMENT ON ROLE holdfast_restore IS 'holdfast: restores';
