#!/bin/sh
# kafka-server-start.sh [-daemon] server.properties [--override property=value]*
#
# Becomes the broker. With -daemon it returns at once and the broker's output goes to $LOG_DIR/kafkaServer.out (LOG_DIR is
# the project's logs/ unless set).
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] server.properties [--override property=value]*" >&2
  exit 1
fi
daemon=
while :; do
  case $1 in
    -daemon) daemon=1; shift ;;
    -name) shift 2 ;;
    -loggc) shift ;;
    *) break ;;
  esac
done
[ -z "$daemon" ] && exec "$here/samsa-run" samsa-broker "$@"
logs=${LOG_DIR:-$here/../logs}
mkdir -p "$logs" || exit 1
setsid "$here/samsa-run" samsa-broker "$@" >"$logs/kafkaServer.out" 2>&1 </dev/null &
