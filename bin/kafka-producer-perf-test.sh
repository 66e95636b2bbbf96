#!/bin/sh
# Measures how fast one can produce.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa producer-perf-test "$@"
