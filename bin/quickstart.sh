#!/bin/bash
# quickstart.sh [start|stop|status]: from a fresh Debian 12 to a running broker, in one command.
#
# start (the default) installs what is missing, builds, starts a ZooKeeper and a broker, and sends a record through them.
# Running it again is harmless. Data and logs are in build/quickstart, or in $SAMSA_QUICKSTART.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

state=${SAMSA_QUICKSTART:-$PWD/build/quickstart}
topic=quickstart
start_seconds=60

say() { printf '==> %s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

# The pid in a file, if that process still is the program of this name.
pid_of() { # NAME COMM
  local pid name
  read -r pid <"$state/$1.pid" || return 1
  read -r name <"/proc/$pid/comm" || return 1
  [ "$name" = "$2" ] && echo "$pid"
} 2>/dev/null

port_of() { cat "$state/$1.port"; }

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The wanted port, or the next one that nobody listens on.
free_port() { # WANTED
  local port=$1
  while answers "$port"; do port=$((port + 1)); done
  echo "$port"
}

# Follows a log until a line matches; fails when the process ends first or time is up.
wait_for_line() { # LOG PATTERN PID
  local follower found=1
  exec 3< <(exec timeout "$start_seconds" tail -n +1 -s 0.05 -f --pid="$3" "$1" 2>/dev/null)
  follower=$!
  grep -q -m 1 -- "$2" <&3 && found=0
  kill "$follower" 2>/dev/null || true
  exec 3<&-
  return $found
}

show_end_and_fail() { # NAME
  tail -n 20 "$state/$1.log" >&2
  fail "$1 did not start; all of its log: $state/$1.log"
}

launch() { # NAME COMMAND...
  local name=$1
  shift
  : >"$state/$name.log"
  setsid "$@" >>"$state/$name.log" 2>&1 </dev/null &
  echo $! >"$state/$name.pid"
}

start_zookeeper() {
  local port
  if pid_of zookeeper java >/dev/null; then
    say "ZooKeeper already runs on port $(port_of zookeeper)"
    return
  fi
  port=$(free_port 2181)
  [ "$port" = 2181 ] || say "Port 2181 is taken by another program: ZooKeeper gets $port"
  echo "$port" >"$state/zookeeper.port"
  sed -e "s|^dataDir=.*|dataDir=$state/zookeeper|" -e "s|^clientPort=.*|clientPort=$port|" conf/zookeeper.properties \
    >"$state/zookeeper.properties"
  say "Starting ZooKeeper on port $port"
  launch zookeeper bin/zookeeper-server-start.sh "$state/zookeeper.properties"
  wait_for_line "$state/zookeeper.log" "Using checkIntervalMs" "$(cat "$state/zookeeper.pid")" || show_end_and_fail zookeeper
}

start_broker() {
  local port
  if pid_of broker samsa-broker >/dev/null; then
    say "The broker already runs on port $(port_of broker)"
    return
  fi
  port=$(free_port 9092)
  [ "$port" = 9092 ] || say "Port 9092 is taken by another program: the broker gets $port"
  echo "$port" >"$state/broker.port"
  say "Starting the broker on port $port"
  launch broker bin/kafka-server-start.sh conf/server.properties --override "log.dirs=$state/kafka-logs" \
    --override "listeners=PLAINTEXT://localhost:$port" \
    --override "zookeeper.connect=localhost:$(port_of zookeeper)"
  wait_for_line "$state/broker.log" "started (kafka.server.KafkaServer)" "$(cat "$state/broker.pid")" ||
    show_end_and_fail broker
}

# Sends a record and reads that very record back.
try_it() {
  local address="localhost:$(port_of broker)" offset record got
  say "Creating topic $topic, producing a record and consuming it"
  bin/kafka-topics.sh --bootstrap-server "$address" --create --if-not-exists --topic "$topic" --partitions 1 \
    --replication-factor 1
  offset=$(bin/kafka-get-offsets.sh --broker-list "$address" --topic "$topic" --time -1 | cut -d: -f3)
  record="Hello, it is $(date '+%F %T')"
  printf '%s\n' "$record" | bin/kafka-console-producer.sh --bootstrap-server "$address" --topic "$topic" \
    >/dev/null
  got=$(bin/kafka-console-consumer.sh --bootstrap-server "$address" --topic "$topic" --partition 0 --offset "$offset" \
    --max-messages 1 --timeout-ms 20000 2>/dev/null) || true
  [ "$got" = "$record" ] || fail "sent '$record' and received '$got'"
  printf '    %s\n' "$got"
}

status() {
  local zookeeper broker running=0
  if zookeeper=$(pid_of zookeeper java); then
    running=$((running + 1))
    echo "ZooKeeper  localhost:$(port_of zookeeper)  pid $zookeeper  log $state/zookeeper.log"
  else
    echo "ZooKeeper  not running"
  fi
  if broker=$(pid_of broker samsa-broker); then
    running=$((running + 1))
    echo "broker     localhost:$(port_of broker)  pid $broker  log $state/broker.log"
  else
    echo "broker     not running"
  fi
  [ $running = 2 ]
}

stop_one() { # NAME COMM
  local pid
  if ! pid=$(pid_of "$1" "$2"); then
    say "No $1 of quickstart's runs"
    return
  fi
  say "Stopping $1 (pid $pid)"
  kill "$pid"
  timeout "$start_seconds" tail --pid="$pid" -s 0.05 -f /dev/null ||
    fail "$1 (pid $pid) has not ended within $start_seconds s; its log: $state/$1.log"
  rm -f "$state/$1.pid"
}

start() {
  say "Looking for Debian packages"
  bin/lib/install-packages build zookeeper
  say "Building (a few minutes the first time)"
  bin/lib/build
  mkdir -p "$state"
  start_zookeeper
  start_broker
  try_it
  say "Running:"
  status
  cat <<END

Next, for example:
  bin/kafka-topics.sh --bootstrap-server localhost:$(port_of broker) --list
  bin/kafka-console-consumer.sh --bootstrap-server localhost:$(port_of broker) --topic $topic --from-beginning
Stop both:  bin/quickstart.sh stop     (data stays in $state)
END
}

case ${1:-start} in
  start) start ;;
  stop) stop_one broker samsa-broker; stop_one zookeeper java ;;
  status) status ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
