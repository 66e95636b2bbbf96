#!/bin/sh
# Prints the sizes of logs by directory.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa log-dirs "$@"
