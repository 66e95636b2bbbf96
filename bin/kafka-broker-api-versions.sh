#!/bin/sh
# Prints which requests the brokers understand.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa broker-api-versions "$@"
