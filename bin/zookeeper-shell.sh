#!/bin/sh
# zookeeper-shell.sh host:port[/path] [COMMAND ARGUMENT...]: ZooKeeper's own command line.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
if [ $# -lt 1 ]; then
  echo "USAGE: $0 zookeeper_host:port[/path] [args...]" >&2
  exit 1
fi
SAMSA_JAVA_LOG=${SAMSA_JAVA_LOG:-off} exec "$here/lib/zookeeper-java" org.apache.zookeeper.ZooKeeperMain -server "$@"
