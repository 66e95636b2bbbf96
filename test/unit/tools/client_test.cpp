#include <gtest/gtest.h>

#include "tools/client/cluster.h"
#include "tools/client/group_protocol.h"
#include "tools/client/producer.h"

namespace samsa::tools::client {
namespace {

using Partitions = std::vector<TopicPartition>;

TEST(RangeAssignor, GivesTheFirstMembersTheExtraPartitions) {
  auto assignment = assign_ranges({{"b", {}, {"t"}}, {"a", {}, {"t"}}}, {{"t", 3}});
  EXPECT_EQ(assignment["a"], (Partitions{{"t", 0}, {"t", 1}}));
  EXPECT_EQ(assignment["b"], (Partitions{{"t", 2}}));
}

TEST(RangeAssignor, OrdersStaticMembersByInstanceBeforeTheRest) {
  auto assignment =
      assign_ranges({{"a", {}, {"t"}}, {"z", "i1", {"t"}}, {"y", "i2", {"t"}}}, {{"t", 3}});
  EXPECT_EQ(assignment["z"], (Partitions{{"t", 0}}));
  EXPECT_EQ(assignment["y"], (Partitions{{"t", 1}}));
  EXPECT_EQ(assignment["a"], (Partitions{{"t", 2}}));
}

TEST(RangeAssignor, LeavesMembersWithoutTheTopicEmptyHanded) {
  auto assignment = assign_ranges({{"a", {}, {"t"}}, {"b", {}, {"u"}}}, {{"t", 2}, {"gone", 1}});
  EXPECT_EQ(assignment["a"], (Partitions{{"t", 0}, {"t", 1}}));
  EXPECT_TRUE(assignment["b"].empty());
}

TEST(GroupProtocol, CarriesSubscriptionsAndAssignments) {
  auto topics = decode_subscription(encode_subscription({"a", "b"}));
  ASSERT_TRUE(topics);
  EXPECT_EQ(*topics, (std::vector<std::string>{"a", "b"}));
  auto partitions = decode_assignment(encode_assignment({{"a", 1}, {"b", 0}, {"a", 2}}));
  ASSERT_TRUE(partitions);
  EXPECT_EQ(*partitions, (Partitions{{"a", 1}, {"a", 2}, {"b", 0}}));
  EXPECT_TRUE(decode_assignment("")->empty());
  EXPECT_FALSE(decode_subscription("x"));
}

TEST(Partitioner, PlacesKeysWhereJavaDoes) {
  // From Kafka's own tests of murmur2.
  EXPECT_EQ(partition_for_key("21", 1 << 30), (-973932308 & INT32_MAX) % (1 << 30));
  EXPECT_EQ(partition_for_key("foobar", 1 << 30), (-790332482 & INT32_MAX) % (1 << 30));
}

TEST(Servers, AreReadFromLists) {
  auto servers = parse_servers("a:1, [::1]:9092,SSL://b:2");
  ASSERT_TRUE(servers);
  EXPECT_EQ(*servers, (std::vector<HostPort>{{"a", 1}, {"::1", 9092}, {"b", 2}}));
  EXPECT_EQ(parse_servers("a").error().message, "Invalid url in bootstrap.servers: a");
  EXPECT_FALSE(parse_servers(""));
  EXPECT_FALSE(parse_servers("a:70000"));
}

TEST(ClusterOptions, RefuseSecurityProtocolsWeDoNotSpeak) {
  auto options = ClusterOptions::from({{"security.protocol", "SASL_SSL"}}, "Producer");
  ASSERT_FALSE(options);
  EXPECT_NE(options.error().message.find("SASL_SSL"), std::string::npos);
}

TEST(ClusterOptions, RefuseImpossibleValuesInKafkasWords) {
  auto why = [](Properties properties, std::string_view role) {
    auto options = ClusterOptions::from(properties, role);
    return options ? std::string("none") : options.error().message;
  };
  EXPECT_EQ(why({{"fetch.max.bytes", "-5"}}, "Consumer"),
            "Invalid value -5 for configuration fetch.max.bytes: Value must be at least 0");
  EXPECT_EQ(why({{"max.poll.records", "0"}}, "Consumer"),
            "Invalid value 0 for configuration max.poll.records: Value must be at least 1");
  EXPECT_EQ(why({{"batch.size", "9999999999"}}, "Producer"),
            "Invalid value 9999999999 for configuration batch.size: Not a number of type INT");
  EXPECT_EQ(why({{"partitioner.class", "com.Mine"}}, "Producer"),
            "Invalid value com.Mine for configuration partitioner.class: Class com.Mine could not "
            "be found.");
  EXPECT_EQ(why({{"partition.assignment.strategy", "com.Mine"}}, "Consumer"),
            "com.Mine ClassNotFoundException exception occurred");
  EXPECT_EQ(
      why({{"partition.assignment.strategy", "org.apache.kafka.clients.consumer.RangeAssignor"},
           {"fetch.max.bytes", "0"},
           {"send.buffer.bytes", "-1"}},
          "Consumer"),
      "none");
}

TEST(ClusterOptions, WarnOfPropertiesThatTheClientDoesNotKnow) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(ClusterOptions::from({{"nonsense", "1"}, {"acks", "all"}}, "Producer"));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("WARN The configuration 'nonsense' was supplied but isn't a known config. "
                      "(org.apache.kafka.clients.producer.ProducerConfig)\n"),
            std::string::npos);
  EXPECT_EQ(said.find("acks"), std::string::npos);
}

TEST(ProducerConfig, ReadsKafkasProperties) {
  auto config =
      ProducerConfig::from({{"acks", "all"}, {"compression.type", "zstd"}, {"linger.ms", "7"}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->acks, -1);
  EXPECT_EQ(config->codec, record::Codec::zstd);
  EXPECT_EQ(config->linger, milliseconds(7));
  EXPECT_EQ(ProducerConfig::from({{"linger.ms", "x"}}).error().message,
            "Invalid value x for configuration linger.ms: Not a number of type LONG");
  EXPECT_FALSE(ProducerConfig::from({{"enable.idempotence", "true"}, {"acks", "1"}}));
}

}  // namespace
}  // namespace samsa::tools::client
