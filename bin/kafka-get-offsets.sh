#!/bin/sh
# Prints offsets of a topic's partitions.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa get-offsets "$@"
