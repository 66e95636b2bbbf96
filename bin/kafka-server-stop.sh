#!/bin/sh
# Asks every broker of this machine that one may signal to stop: SIGTERM, or $SIGNAL.
found=
for comm in /proc/[0-9]*/comm; do
  name=
  { read -r name <"$comm"; } 2>/dev/null
  [ "$name" = samsa-broker ] || continue
  pid=${comm%/comm}
  kill -s "${SIGNAL:-TERM}" "${pid#/proc/}" && found=1
done
if [ -z "$found" ]; then
  echo "No kafka server to stop"
  exit 1
fi
