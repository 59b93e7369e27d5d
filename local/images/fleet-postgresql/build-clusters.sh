#!/bin/bash
# Makes both clusters while the image is built, and stops them cleanly: a start later needs no recovery.
set -euo pipefail

start() { # wal_level minimal: what is loaded into a table of the same transaction is not written twice
  pg_ctl --silent --wait -D "$1" -l "$1.log" start -o "-c listen_addresses='' -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=64MB -c min_wal_size=32MB -c autovacuum=off -c maintenance_work_mem=256MB -c work_mem=64MB -c shared_buffers=512MB -c max_parallel_workers_per_gather=0"
}
run() { PGOPTIONS='-c client_min_messages=error' psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --output /dev/null "$@"; }

make_cluster() {
  initdb --pgdata "$1" --username postgres --encoding UTF8 --locale C.UTF-8 --data-checksums --auth peer --no-sync > /dev/null
  cat /fleet/server.conf >> "$1/postgresql.conf"
  cp /fleet/pg_hba.conf "$1/pg_hba.conf"
}

empty=/var/lib/postgresql/empty
seeded=/var/lib/postgresql/seeded

make_cluster "$empty"
start "$empty"
run -d postgres -f /fleet/roles.sql
pg_ctl --silent --wait -D "$empty" stop

make_cluster "$seeded"
start "$seeded"
run -d postgres -f /fleet/roles.sql -f /fleet/seed/globals.sql
seed_app() { local file; for file in /fleet/seed/app/*.sql; do run -d app --single-transaction -f "$file"; done; }
seed_others() { local name; for name in investigations compliance analytics; do run -d "$name" --single-transaction -f "/fleet/seed/$name.sql"; done; }
seed_app & app=$!
seed_others & others=$!
wait "$app"
wait "$others"
vacuumdb --quiet --all --freeze --analyze --jobs 2 # so that readers later have nothing to write
pg_ctl --silent --wait -D "$seeded" stop
rm -f /var/lib/postgresql/*.log
