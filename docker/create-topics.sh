#!/bin/bash
# Creates the topics of $KAFKA_CREATE_TOPICS: name:partitions:replicas[:cleanup.policy], with commas, or whatever
# $KAFKA_CREATE_TOPICS_SEPARATOR says, between them.
#
# Each is tried again until it exists, because brokers join one after the other and a topic needs as many as it has
# replicas; after $START_TIMEOUT seconds (600) it is given up. One that can't be made keeps no other waiting.
[[ -n $KAFKA_CREATE_TOPICS ]] || exit 0
KAFKA_HOME=${KAFKA_HOME:-/opt/kafka}
deadline=$((SECONDS + ${START_TIMEOUT:-600}))

separator=${KAFKA_CREATE_TOPICS_SEPARATOR-,}
# Compose files hand $'\n' through as it is written.
if [[ $separator == "\$'"*"'" ]]; then
  separator=${separator:2:-1}
  printf -v separator '%b' "$separator"
fi

# The broker of this container, by its first listener.
address() {
  local first=${KAFKA_LISTENERS%%,*}
  first=${first#*://}
  [[ -n $first ]] || first=:${KAFKA_PORT:-9092}
  local host=${first%:*}
  case $host in "" | 0.0.0.0 | "[::]") host=localhost ;; esac
  echo "$host:${first##*:}"
}

create() { # NAME PARTITIONS REPLICAS [POLICY]
  "$KAFKA_HOME/bin/kafka-topics.sh" --create --if-not-exists --bootstrap-server "$(address)" --topic "$1" \
    --partitions "${2:-1}" --replication-factor "${3:-1}" ${4:+--config "cleanup.policy=$4"} 2>&1
}

# What the tool says, without the time in front, so that the same reason is told once.
reason() { sed -e 's/^\[[^]]*\] //' <<<"$1" | head -n 1; }

# No waiting makes these right.
is_final() { [[ $1 == *InvalidTopicException* || $1 == *InvalidConfigurationException* || $1 == *ConfigException* ]]; }

status=0
IFS=$separator read -r -d '' -a waiting <<<"$KAFKA_CREATE_TOPICS"
declare -A told
while :; do
  left=()
  for topic in "${waiting[@]}"; do
    # Lists of several lines may be indented and end in an empty one.
    IFS=: read -r -a parts <<<"${topic//[[:space:]]/}"
    [[ -n ${parts[0]} ]] || continue
    [[ -n ${told[${parts[0]}]} ]] || echo "creating topics: ${parts[0]}"
    if answer=$(create "${parts[@]}"); then
      [[ -z $answer ]] || echo "$answer"
      continue
    fi
    why=$(reason "$answer")
    if is_final "$answer"; then
      printf 'topic %s cannot be created: %s\n' "${parts[0]}" "$why"
      status=1
      continue
    fi
    [[ ${told[${parts[0]}]} == "$why" ]] || printf 'topic %s cannot be created yet: %s\n' "${parts[0]}" "$why"
    told[${parts[0]}]=$why
    left+=("$topic")
  done
  waiting=("${left[@]}")
  [[ ${#waiting[@]} -gt 0 ]] || exit $status
  if ((SECONDS >= deadline)); then
    for topic in "${waiting[@]}"; do
      topic=${topic//[[:space:]]/}
      echo "Not able to auto-create topic ${topic%%:*} (waited for ${START_TIMEOUT:-600} sec)"
    done
    exit 1
  fi
  sleep 1
done
