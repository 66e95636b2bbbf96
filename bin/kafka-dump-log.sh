#!/bin/sh
# Prints and checks log segments, indexes and snapshots.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa dump-log "$@"
