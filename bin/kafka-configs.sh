#!/bin/sh
# Describes and alters the configs of topics, brokers, users and clients.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
exec "$here/samsa-run" samsa configs "$@"
