#!/bin/sh
# Measures how fast one can consume.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa consumer-perf-test "$@"
