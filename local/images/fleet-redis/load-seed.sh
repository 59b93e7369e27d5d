#!/bin/bash
# Turns the seed's commands into a dump that the server loads at its start.
set -euo pipefail
socket=/tmp/seed.sock
redis-server --port 0 --unixsocket "$socket" --save "" --dir /var/lib/redis/seeded --daemonize yes --logfile /tmp/seed.log
until redis-cli -s "$socket" ping 2> /dev/null | grep -q PONG; do :; done
redis-cli -s "$socket" --pipe < /seed/seed.resp | tee /tmp/seed.out
grep -q 'errors: 0,' /tmp/seed.out
redis-cli -s "$socket" shutdown save
rm -f /tmp/seed.*
