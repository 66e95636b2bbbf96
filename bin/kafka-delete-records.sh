#!/bin/sh
# Deletes the records of partitions before given offsets.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa delete-records "$@"
