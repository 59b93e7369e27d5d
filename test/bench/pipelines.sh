#!/bin/bash
# The pipelines that people write by hand, run in a container with stock tools: pipelines.sh <name>.
# From the environment: PG* for pg_dump, PASSPHRASE, TARGET (s3://bucket/key), EXPECTED_BYTES, AWS_*.
set -euo pipefail
umask 077
export GNUPGHOME=/tmp/gnupg
mkdir -p "$GNUPGHOME"

# --s2k-count as holdfast has it: the stretching of the passphrase is not what is compared here.
encrypt() {
  gpg --batch --no-tty --quiet --pinentry-mode loopback --no-symkey-cache --passphrase-fd 3 3<<<"$PASSPHRASE" \
    --symmetric --cipher-algo AES256 --s2k-count 65536 "$@" --output -
}
upload() { aws s3 cp - "$TARGET" --expected-size "$EXPECTED_BYTES" --no-progress; }

case $1 in
  gzip) pg_dump | gzip | encrypt | upload ;;
  zstd) pg_dump -Fc -Z0 | zstd -3 -T2 --quiet | encrypt --compress-algo none | upload ;;
  zstd-to-nowhere) pg_dump -Fc -Z0 | zstd -3 -T2 --quiet | encrypt --compress-algo none >/dev/null ;;
  plain-bytes) pg_dump -Fc -Z0 | wc -c ;;
  zstd-bytes) pg_dump -Fc -Z0 | zstd -3 -T2 --quiet | wc -c ;;
  *) echo "no such pipeline: $1" >&2 && exit 2 ;;
esac
