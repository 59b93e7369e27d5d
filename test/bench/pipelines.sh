#!/bin/bash
# The pipelines that people write by hand, run in a container with stock tools: pipelines.sh <name>.
# From the environment: PG*, PASSPHRASE, TARGET or SOURCE (s3://bucket/key), EXPECTED_BYTES, AWS_*.
set -euo pipefail
umask 077
export GNUPGHOME=/tmp/gnupg
mkdir -p "$GNUPGHOME"

# --s2k-count as holdfast has it: the stretching of the passphrase is not what is compared here.
encrypt() {
  gpg --batch --no-tty --quiet --pinentry-mode loopback --no-symkey-cache --passphrase-fd 3 3<<<"$PASSPHRASE" \
    --symmetric --cipher-algo AES256 --s2k-count 65536 "$@" --output -
}
decrypt() {
  gpg --batch --no-tty --quiet --pinentry-mode loopback --no-symkey-cache --passphrase-fd 3 3<<<"$PASSPHRASE" --decrypt
}
download() { aws s3 cp "$SOURCE" - --no-progress; }
upload() { aws s3 cp - "$TARGET" --expected-size "$EXPECTED_BYTES" --no-progress; }

case $1 in
  gzip) pg_dump | gzip | encrypt | upload ;;
  zstd) pg_dump -Fc -Z0 | zstd -3 -T2 --quiet | encrypt --compress-algo none | upload ;;
  zstd-to-nowhere) pg_dump -Fc -Z0 | zstd -3 -T2 --quiet | encrypt --compress-algo none >/dev/null ;;
  plain-bytes) pg_dump -Fc -Z0 | wc -c ;;
  zstd-bytes) pg_dump -Fc -Z0 | zstd -3 -T2 --quiet | wc -c ;;
  restore-gzip) download | decrypt | gunzip | psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 >/dev/null ;;
  restore-spooled)
    download | decrypt | zstd -d --quiet >/tmp/dump
    pg_restore --exit-on-error --jobs=2 --dbname "$PGDATABASE" /tmp/dump
    ;;
  *) echo "no such pipeline: $1" >&2 && exit 2 ;;
esac
