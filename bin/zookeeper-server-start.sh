#!/bin/sh
# zookeeper-server-start.sh [-daemon] zookeeper.properties
#
# Becomes Debian's ZooKeeper server. KAFKA_HEAP_OPTS sets its heap; with -daemon its output goes to $LOG_DIR/zookeeper.out
# (LOG_DIR is the project's logs/ unless set).
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
daemon=
[ "$1" = -daemon ] && { daemon=1; shift; }
[ "$1" = -name ] && shift 2
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] zookeeper.properties" >&2
  exit 1
fi
if [ -z "$daemon" ]; then
  exec "$here/lib/zookeeper-java" org.apache.zookeeper.server.quorum.QuorumPeerMain "$@"
fi
logs=${LOG_DIR:-$here/../logs}
mkdir -p "$logs" || exit 1
setsid "$here/lib/zookeeper-java" org.apache.zookeeper.server.quorum.QuorumPeerMain "$@" \
  >"$logs/zookeeper.out" 2>&1 </dev/null &
