#!/bin/sh
# Creates, lists, describes, alters and deletes topics.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa topics "$@"
