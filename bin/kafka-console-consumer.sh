#!/bin/sh
# Prints the records of topics.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa console-consumer "$@"
