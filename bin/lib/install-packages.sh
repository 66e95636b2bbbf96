#!/bin/sh
# Installs what is missing of the named sections of debian-packages.txt:  install-packages.sh SECTION…
set -eu
list=$(dirname "$0")/debian-packages.txt
missing=
for section; do
  for package in $(sed -n "s/^$section //p" "$list"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
done
[ -n "$missing" ] || exit 0
echo "Installing:$missing"
if [ "$(id -u)" != 0 ]; then
  echo "These Debian packages are missing and only root can install them. Run: sudo apt-get install$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # one word a package
apt-get install -y -qq --no-install-recommends $missing >/dev/null
