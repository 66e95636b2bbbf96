#!/bin/sh
# kafka-run-class.sh CLASS ARGUMENT...: Kafka's tools by the names of their Java classes, as older scripts call them.
here=${0%/*}
[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")
class=$1
[ $# -gt 0 ] && shift
case $class in
  kafka.Kafka) exec "$here/samsa-run" samsa-broker "$@" ;;
  kafka.admin.TopicCommand) command=topics ;;
  kafka.admin.ConfigCommand) command=configs ;;
  kafka.admin.ConsumerGroupCommand) command=consumer-groups ;;
  kafka.admin.BrokerApiVersionsCommand) command=broker-api-versions ;;
  kafka.admin.DeleteRecordsCommand) command=delete-records ;;
  kafka.admin.LogDirsCommand) command=log-dirs ;;
  kafka.tools.ConsoleProducer) command=console-producer ;;
  kafka.tools.ConsoleConsumer) command=console-consumer ;;
  kafka.tools.GetOffsetShell) command=get-offsets ;;
  kafka.tools.DumpLogSegments) command=dump-log ;;
  kafka.tools.ConsumerPerformance) command=consumer-perf-test ;;
  org.apache.kafka.tools.ProducerPerformance) command=producer-perf-test ;;
  "") echo "USAGE: $0 classname [opts]" >&2; exit 1 ;;
  *) echo "kafka-run-class.sh: this project has no replacement for $class" >&2; exit 1 ;;
esac
exec "$here/samsa-run" samsa "$command" "$@"
