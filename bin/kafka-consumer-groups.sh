#!/bin/sh
# Lists, describes and deletes consumer groups; resets their offsets.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa consumer-groups "$@"
