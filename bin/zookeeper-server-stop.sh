#!/bin/sh
# Asks every ZooKeeper server of this machine that one may signal to stop: SIGTERM, or $SIGNAL.
found=
for file in $(grep -ls org.apache.zookeeper.server.quorum.QuorumPeerMain /proc/[0-9]*/cmdline); do
  pid=${file%/cmdline}
  pid=${pid#/proc/}
  name=
  { read -r name <"/proc/$pid/comm"; } 2>/dev/null
  [ "$name" = java ] && kill -s "${SIGNAL:-TERM}" "$pid" && found=1
done
if [ -z "$found" ]; then
  echo "No zookeeper server to stop"
  exit 1
fi
