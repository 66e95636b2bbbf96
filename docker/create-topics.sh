#!/bin/bash
# Creates the topics of $KAFKA_CREATE_TOPICS: name:partitions:replicas[:cleanup.policy], with commas, or whatever
# $KAFKA_CREATE_TOPICS_SEPARATOR says, between them.
#
# Each is tried again until it exists, because brokers join one after the other and a topic needs as many as it has
# replicas; after $START_TIMEOUT seconds (600) it is given up.
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

IFS=$separator read -r -d '' -a topics <<<"$KAFKA_CREATE_TOPICS"
for topic in "${topics[@]}"; do
  # Lists of several lines may be indented and end in an empty one.
  IFS=: read -r -a parts <<<"${topic//[[:space:]]/}"
  [[ -n ${parts[0]} ]] || continue
  echo "creating topics: ${parts[0]}"
  told=
  until answer=$(create "${parts[@]}"); do
    if [[ $answer != "$told" ]]; then
      printf 'topic %s cannot be created yet: %s\n' "${parts[0]}" "$answer"
      told=$answer
    fi
    if ((SECONDS >= deadline)); then
      echo "Not able to auto-create topic ${parts[0]} (waited for ${START_TIMEOUT:-600} sec)"
      exit 1
    fi
    sleep 1
  done
  [[ -z $answer ]] || echo "$answer"
done
