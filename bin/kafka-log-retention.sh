#!/bin/sh
# Tells why the oldest segment of each log is still there, and when retention removes it.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa log-retention "$@"
