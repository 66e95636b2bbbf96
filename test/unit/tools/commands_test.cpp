#include <gtest/gtest.h>

#include "tools/commands/configs.h"
#include "tools/commands/configs_quotas.h"
#include "tools/commands/console_consumer.h"
#include "tools/commands/console_producer.h"
#include "tools/commands/consumer_groups.h"
#include "tools/commands/java_order.h"
#include "tools/commands/perf_stats.h"
#include "tools/commands/record_format.h"
#include "tools/commands/topics.h"

namespace samsa::tools {
namespace {

cli::Options parse(const cli::OptionParser& parser, std::vector<std::string> arguments) {
  auto options = parser.parse(arguments);
  EXPECT_TRUE(options) << options.error().message;
  return *options;
}

TEST(Topics, DescribesAsKafkaPrintsIt) {
  TopicDescription topic;
  topic.name = "t1";
  topic.configs = {"retention.ms=86400000"};
  topic.partitions.resize(2);
  topic.partitions[0].leader = 3;
  topic.partitions[0].replicas = topic.partitions[0].isr = {3, 1, 2};
  topic.partitions[1].partition = 1;
  topic.partitions[1].replicas = {1, 2};
  topic.partitions[1].isr = {1};
  EXPECT_EQ(format_description(topic, parse(topics_parser(), {"--describe"}), {1, 2, 3}),
            "Topic: t1\tPartitionCount: 2\tReplicationFactor: 3\tConfigs: retention.ms=86400000\n"
            "\tTopic: t1\tPartition: 0\tLeader: 3\tReplicas: 3,1,2\tIsr: 3,1,2\n"
            "\tTopic: t1\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: 1\n");
  EXPECT_EQ(
      format_description(
          topic, parse(topics_parser(), {"--describe", "--under-replicated-partitions"}), {3}),
      "\tTopic: t1\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: 1\n");
}

TEST(Topics, ReadsManualAssignments) {
  EXPECT_EQ(*parse_replica_assignment("1:2,2:3"), (ReplicaAssignment{{1, 2}, {2, 3}}));
  EXPECT_EQ(parse_replica_assignment("1:1").error().message,
            "Partition replica lists may not contain duplicate entries: 1");
  EXPECT_FALSE(parse_replica_assignment("1:2,3"));
}

TEST(Topics, ChoosesByPattern) {
  auto options = parse(topics_parser(), {"--list", "--topic", "a.*,__.*", "--exclude-internal"});
  auto chosen = select_topics({"b", "ab", "__consumer_offsets", "__mine"}, options, true);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(*chosen, (std::vector<std::string>{"__mine", "ab"}));
  EXPECT_EQ(select_topics({"b"}, parse(topics_parser(), {"--topic", "x"}), true).error().message,
            "Topic 'x' does not exist as expected");
}

TEST(Topics, RefusesWhatIsNoPattern) {
  auto refused = select_topics({"b"}, parse(topics_parser(), {"--topic", "'c[,d'"}), true);
  EXPECT_EQ(cli::exception_text(refused.error()),
            "java.lang.RuntimeException: c[|d is an invalid regex.");
}

TEST(JavaPattern, ReadsEmbeddedFlags) {
  auto pattern = client::JavaPattern::compile("(?i)C1|\\p{Alpha}2");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->matches("c1"));
  EXPECT_TRUE(pattern->matches("x2"));
  EXPECT_FALSE(pattern->matches("c12"));
}

TEST(JavaPattern, TellsWhereItIsWrong) {
  auto why = [](const char* pattern) {
    return client::JavaPattern::compile(pattern).error().message;
  };
  EXPECT_EQ(why("c["), "Unclosed character class near index 1\nc[\n ^");
  EXPECT_EQ(why("*"), "Dangling meta character '*' near index 0\n*\n^");
  EXPECT_EQ(why("(a"), "Unclosed group near index 2\n(a\n  ^");
}

TEST(LineReader, SplitsKeysAndNamesTheLineThatHasNone) {
  LineReader reader({{"parse.key", "true"}, {"key.separator", "::"}});
  auto record = reader.read("k::v::w");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->key, "k");
  EXPECT_EQ(record->value, "v::w");
  EXPECT_EQ(reader.read("none").error().message, "No key found on line 2: none");
  LineReader lenient({{"parse.key", "true"}, {"ignore.error", "true"}});
  EXPECT_EQ(lenient.read("none")->key, std::nullopt);
}

TEST(ConsoleProducer, OptionsReplaceFilePropertiesOnlyWhenGiven) {
  auto properties = console_producer_properties(parse(
      console_producer_parser(),
      {"--broker-list", "h:1", "--topic", "t", "--producer-property", "linger.ms=5",
       "--producer-property", "acks=0", "--request-required-acks", "all", "--compression-codec"}));
  ASSERT_TRUE(properties);
  EXPECT_EQ((*properties)["linger.ms"], "5");
  EXPECT_EQ((*properties)["acks"], "all");
  EXPECT_EQ((*properties)["compression.type"], "gzip");
  EXPECT_EQ((*properties)["client.id"], "console-producer");
}

TEST(ConsoleConsumer, RefusesWhatDoesNotGoTogether) {
  auto plan = [](std::vector<std::string> arguments) {
    return plan_console_consumer(parse(console_consumer_parser(), std::move(arguments)));
  };
  EXPECT_EQ(plan({"--bootstrap-server", "h:1"}).error().message,
            "Exactly one of whitelist/topic is required.");
  EXPECT_EQ(plan({"--bootstrap-server", "h:1", "--topic", "t", "--offset", "1"}).error().message,
            "The partition is required when offset is specified.");
  EXPECT_EQ(plan({"--bootstrap-server", "h:1", "--topic", "t", "--partition", "0", "--group", "g"})
                .error()
                .message,
            "Options group and partition cannot be specified together.");
  EXPECT_EQ(plan({"--topic", "t"}).error().message,
            "Missing required argument \"[bootstrap-server]\"");
  auto good = plan({"--bootstrap-server", "h:1", "--topic", "t", "--from-beginning"});
  ASSERT_TRUE(good);
  EXPECT_EQ(good->properties["auto.offset.reset"], "earliest");
  EXPECT_EQ(good->properties["enable.auto.commit"], "false");
}

TEST(RecordFormatter, SaysWhichSizeADeserializerWants) {
  const TopicPartition tp{"t", 0};
  client::ConsumedRecord record;
  record.partition = &tp;
  record.key = "k";
  record.value = "short";
  auto formatter = RecordFormatter::make(
      "kafka.tools.DefaultMessageFormatter",
      {{"print.key", "true"},
       {"value.deserializer", "org.apache.kafka.common.serialization.LongDeserializer"}});
  ASSERT_NE(formatter, nullptr);
  std::string out;
  auto formatted = formatter->format(record, out);
  ASSERT_FALSE(formatted);
  EXPECT_EQ(cli::exception_text(formatted.error()),
            "org.apache.kafka.common.errors.SerializationException: Size of data received by "
            "LongDeserializer is not 8");
  EXPECT_EQ(out, "k\t");
}

TEST(JavaOrder, KeepsTheGivenOrderWithinABucket) {
  EXPECT_EQ(
      in_java_order({"segment.bytes", "retention.ms", "cleanup.policy"}, hash_map_buckets(26)),
      (std::vector<std::string>{"cleanup.policy", "segment.bytes", "retention.ms"}));
  EXPECT_EQ(java_order({17, 1, 3, 2}, 16), (std::vector<size_t>{0, 1, 3, 2}));
}

TEST(RecordFormatter, PrintsColumnsInKafkasOrder) {
  const TopicPartition tp{"t", 3};
  const record::Header headers[] = {{"h", "1"}, {"g", std::nullopt}};
  client::ConsumedRecord record;
  record.partition = &tp;
  record.offset = 42;
  record.timestamp_ms = 7;
  record.timestamp_type = record::TimestampType::create_time;
  record.value = "v";
  record.headers = headers;
  auto formatter =
      RecordFormatter::make("kafka.tools.DefaultMessageFormatter", {{"print.key", "true"},
                                                                    {"print.timestamp", "true"},
                                                                    {"print.partition", "TRUE"},
                                                                    {"print.offset", "true"},
                                                                    {"print.headers", "true"},
                                                                    {"key.separator", "|"},
                                                                    {"null.literal", "-"}});
  ASSERT_NE(formatter, nullptr);
  std::string out;
  ASSERT_TRUE(formatter->format(record, out));
  EXPECT_EQ(out, "CreateTime:7|Partition:3|Offset:42|h:1,g:-|-|v\n");
  EXPECT_EQ(RecordFormatter::make("com.example.Mine", {}), nullptr);
}

OffsetRow one_row() {
  OffsetRow row;
  row.partition = TopicPartition{"t1", 1};
  row.offset = row.log_end = 2;
  return row;
}

TEST(ConsumerGroups, PrintsOffsetsAsATable) {
  EXPECT_EQ(format_offsets("g1", {one_row()}),
            "\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG      "
            "       CONSUMER-ID     HOST            CLIENT-ID\n"
            "g1              t1              1          2               2               0        "
            "       -               -               -\n");
}

TEST(ConsumerGroups, PlansSurviveCsv) {
  const std::map<std::string, NewOffsets> plan{{"g", {{{"t", 0}, 5}, {{"u", 1}, 6}}}};
  EXPECT_EQ(format_csv(plan, true), "t,0,5\nu,1,6\n");
  EXPECT_EQ(format_csv(plan, false), "g,t,0,5\ng,u,1,6\n");
  EXPECT_EQ(*parse_csv(format_csv(plan, true), {"g"}), plan);
  EXPECT_EQ(*parse_csv(format_csv(plan, false), {}), plan);
  EXPECT_FALSE(parse_csv("t,x,5\n", {"g"}));
}

TEST(ConsumerGroups, ReadsTimesAndDurations) {
  EXPECT_EQ(*parse_datetime("1970-01-02T00:00:01.500"), 86'401'500);
  EXPECT_EQ(*parse_datetime("1970-01-02T01:00:00.000+0100"), 86'400'000);
  EXPECT_FALSE(parse_datetime("yesterday"));
  EXPECT_EQ(*parse_duration("P1DT2H3M4.5S"), 93'784'500);
  EXPECT_EQ(*parse_duration("PT-1S"), -1000);
  EXPECT_FALSE(parse_duration("PT"));
}

TEST(Configs, ReadsListsInBrackets) {
  auto configs = parse_added_configs("k1=v1, k2 = [a,b],k3=");
  ASSERT_TRUE(configs);
  EXPECT_EQ(*configs, (config::Properties{{"k1", "v1"}, {"k2", "a,b"}, {"k3", ""}}));
  EXPECT_FALSE(parse_added_configs("k1"));
}

TEST(Configs, PairsTypesWithNamesByPosition) {
  auto entities =
      entities_of(parse(configs_parser(), {"--entity-type", "users", "--entity-default",
                                           "--entity-type", "clients", "--entity-name", "c"}));
  EXPECT_EQ(entities.types, (std::vector<std::string>{"users", "clients"}));
  EXPECT_EQ(entities.names, (std::vector<std::string>{"", "c"}));
}

TEST(Configs, PrintsDoublesAsJavaDoes) {
  EXPECT_EQ(format_double(1024), "1024.0");
  EXPECT_EQ(format_double(0.5), "0.5");
  EXPECT_EQ(format_double(10485760), "1.048576E7");
}

TEST(ProducerStats, SaysWhatItMeasured) {
  ProducerStats stats(2, 5000, 0);
  EXPECT_EQ(stats.record(stats.next_iteration(), 10, 512, 100), "");
  EXPECT_EQ(stats.record(stats.next_iteration(), 20, 512, 5000),
            "2 records sent, 0.4 records/sec (0.00 MB/sec), 15.0 ms avg latency, 20.0 ms max "
            "latency.\n");
  EXPECT_EQ(stats.total(10'000),
            "2 records sent, 0.200000 records/sec (0.00 MB/sec), 15.00 ms avg latency, 20.00 ms "
            "max latency, 20 ms 50th, 20 ms 95th, 20 ms 99th, 20 ms 99.9th.\n");
}

}  // namespace
}  // namespace samsa::tools
