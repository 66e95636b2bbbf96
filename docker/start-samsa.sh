#!/bin/bash
# The image's entry point: turns the environment into server.properties, as wurstmeister/kafka does, and becomes the broker.
# docs/docker.md lists the variables.
set -e

KAFKA_HOME=${KAFKA_HOME:-/opt/kafka}
config=$KAFKA_HOME/config/server.properties
log4j_config=$KAFKA_HOME/config/log4j.properties

# Not settings of the broker, although they begin with KAFKA_.
exclusions="|KAFKA_VERSION|KAFKA_HOME|KAFKA_DEBUG|KAFKA_GC_LOG_OPTS|KAFKA_HEAP_OPTS|KAFKA_JMX_OPTS"
exclusions+="|KAFKA_JVM_PERFORMANCE_OPTS|KAFKA_LOG|KAFKA_LOG4J_OPTS|KAFKA_OPTS|KAFKA_CREATE_TOPICS"
exclusions+="|KAFKA_CREATE_TOPICS_SEPARATOR|"

fail() {
  printf 'ERROR: %s\n' "$@"
  exit 1
}

# What a newer version of this image may have to do first; users put their own there too.
run_override() {
  local file=/opt/overrides/$KAFKA_VERSION.sh
  if [[ -x $file ]]; then
    echo "Executing override file $file"
    eval "$file"
  fi
}

# Kubernetes and old container links describe a service called "kafka" in these variables.
drop_service_variables() {
  local name
  for name in ${!KAFKA_PORT*} ${!KAFKA_SERVICE*}; do
    case $name=${!name} in
      KAFKA_PORT=tcp://* | KAFKA_PORT_[0-9]* | KAFKA_SERVICE_HOST=* | KAFKA_SERVICE_PORT*=*)
        echo "Ignoring $name: it describes a service, not the broker"
        unset "$name"
        ;;
    esac
  done
}

# The port under which the container's engine publishes ours, where we may ask it.
ask_engine_for_port() {
  [[ -z $KAFKA_ADVERTISED_PORT$KAFKA_LISTENERS$KAFKA_ADVERTISED_LISTENERS ]] || return 0
  [[ -S ${DOCKER_SOCKET:-/var/run/docker.sock} ]] || return 0
  KAFKA_ADVERTISED_PORT=$(docker port "$(hostname)" "$KAFKA_PORT" | sed -r 's/.*:(.*)/\1/g' | head -n 1)
  export KAFKA_ADVERTISED_PORT
}

choose_broker_id() {
  if [[ -z $KAFKA_BROKER_ID ]]; then
    KAFKA_BROKER_ID=-1
    if [[ -n $BROKER_ID_COMMAND ]]; then KAFKA_BROKER_ID=$(eval "$BROKER_ID_COMMAND"); fi
  fi
  export KAFKA_BROKER_ID
}

# Puts a command's output wherever a KAFKA_ variable holds _{NAME}.
fill_in() { # NAME VALUE
  local variable
  while IFS= read -r variable; do
    [[ ${!variable} == *"_{$1}"* ]] && export "$variable=${!variable//"_{$1}"/$2}"
  done < <(compgen -e KAFKA_)
  return 0
}

run_commands() {
  if [[ -n $HOSTNAME_COMMAND ]]; then
    hostname_value=$(eval "$HOSTNAME_COMMAND")
    fill_in HOSTNAME_COMMAND "$hostname_value"
  fi
  if [[ -n $PORT_COMMAND ]]; then fill_in PORT_COMMAND "$(eval "$PORT_COMMAND")"; fi
  if [[ -n $RACK_COMMAND && -z $KAFKA_BROKER_RACK ]]; then
    KAFKA_BROKER_RACK=$(eval "$RACK_COMMAND")
    export KAFKA_BROKER_RACK
  fi
}

# Clients must be told an address that they can reach; nothing here can guess it.
require_address() {
  [[ -z $KAFKA_ADVERTISED_HOST_NAME$KAFKA_LISTENERS ]] || return 0
  if [[ -n $KAFKA_ADVERTISED_LISTENERS ]]; then
    fail "Missing environment variable KAFKA_LISTENERS. Must be specified when using KAFKA_ADVERTISED_LISTENERS"
  fi
  if [[ -z $hostname_value ]]; then
    echo "ERROR: No listener or advertised hostname configuration provided in environment."
    echo "       Please define KAFKA_LISTENERS / (deprecated) KAFKA_ADVERTISED_HOST_NAME"
    exit 1
  fi
  export KAFKA_ADVERTISED_HOST_NAME=$hostname_value
}

# Replaces the key's line, commented out or not, or adds one. The value may hold any character; a line break in it becomes
# the escape that properties files have for it.
set_property() { # KEY VALUE FILE
  local key=$1 value=${2//$'\n'/\\n} file=$3
  echo "[Configuring] '$key' in '$file'"
  KEY=$key VALUE=$value awk '
    BEGIN { key = ENVIRON["KEY"]; line = key "=" ENVIRON["VALUE"] }
    index($0, key "=") == 1 || index($0, "#" key "=") == 1 { if (!done++) print line; next }
    { print }
    END { if (!done) print line }' "$file" >"$file.new"
  # Not moved over it: the file may be mounted by itself.
  cat "$file.new" >"$file"
  rm "$file.new"
}

property_of() { # VARIABLE, without its prefix
  local name=${1,,}
  echo "${name//_/.}"
}

write_config() {
  local variable
  touch "$log4j_config"
  # A file may lack its last line break; another one does no harm.
  echo >>"$config"
  while IFS= read -r variable; do
    if [[ $exclusions == *"|$variable|"* ]]; then
      echo "Excluding $variable from broker config"
    elif [[ $variable == KAFKA_CFG_* ]]; then
      set_property "$(property_of "${variable#KAFKA_CFG_}")" "${!variable}" "$config"
    elif [[ $variable == KAFKA_* ]]; then
      set_property "$(property_of "${variable#KAFKA_}")" "${!variable}" "$config"
    elif [[ $variable == LOG4J_* ]]; then
      set_property "$(property_of "$variable")" "${!variable}" "$log4j_config"
    fi
  done < <(compgen -e | LC_ALL=C sort)
}

run_override
[[ -n $KAFKA_ZOOKEEPER_CONNECT ]] || fail "missing mandatory config: KAFKA_ZOOKEEPER_CONNECT"
drop_service_variables
export KAFKA_PORT=${KAFKA_PORT:-9092}
ask_engine_for_port
choose_broker_id
export KAFKA_LOG_DIRS=${KAFKA_LOG_DIRS:-/kafka/kafka-logs-$HOSTNAME}
unset KAFKA_HEAP_OPTS
run_commands
require_address
write_config
if [[ -n $CUSTOM_INIT_SCRIPT ]]; then eval "$CUSTOM_INIT_SCRIPT"; fi
create-topics.sh &
unset KAFKA_CREATE_TOPICS
exec "$KAFKA_HOME/bin/kafka-server-start.sh" "$config"
