#!/bin/sh
# Sends standard input to a topic, a record a line.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa console-producer "$@"
