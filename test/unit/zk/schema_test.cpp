#include <gtest/gtest.h>

#include "zk/schema/brokers.h"
#include "zk/schema/configs.h"
#include "zk/schema/topics.h"

namespace samsa::zk {
namespace {

// The expected texts were read from the transaction log of a ZooKeeper that served Kafka 2.7.0
// brokers.

TEST(BrokerZnode, IsWrittenAsKafkaWritesIt) {
  const BrokerZnode broker{.endpoints = {{"PLAINTEXT", "PLAINTEXT", "127.0.0.1", 19092}},
                           .timestamp_ms = 1795335249511};
  const std::string expected =
      R"({"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},)"
      R"("endpoints":["PLAINTEXT://127.0.0.1:19092"],"jmx_port":-1,"port":19092,)"
      R"("host":"127.0.0.1","version":5,"timestamp":"1795335249511"})";
  EXPECT_EQ(broker.encode(), expected);
  const auto read = BrokerZnode::decode(expected);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->endpoints[0].port, 19092);
  EXPECT_EQ(read->timestamp_ms, 1795335249511);
}

TEST(BrokerZnode, ReadsTheOldFormAndIgnoresUnknownFields) {
  const auto read = BrokerZnode::decode(
      R"({"jmx_port":-1,"timestamp":"1","host":"h","version":1,"port":9092,"new":[1]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->endpoints[0].host, "h");
  EXPECT_FALSE(BrokerZnode::decode("{}"));
  EXPECT_FALSE(BrokerZnode::decode("not json"));
}

TEST(BrokerZnode, PutsIpv6HostsInBrackets) {
  const BrokerZnode broker{.endpoints = {{"A", "PLAINTEXT", "::1", 9}}};
  const auto read = BrokerZnode::decode(broker.encode());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->endpoints[0].host, "::1");
  EXPECT_EQ(read->endpoints[0].security_protocol, "PLAINTEXT");
}

TEST(TopicZnode, WhatIsNoJsonIsToldInOneLine) {
  const auto decoded = TopicZnode::decode("a\nb\x1b[31m" + std::string(1000, 'x'));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message, "not a JSON object: a.b.[31m" + std::string(192, 'x'));
}

TEST(TopicZnode, IsWrittenAsKafkaWritesIt) {
  const TopicZnode topic{.replicas = {{0, {BrokerId{3}, BrokerId{1}, BrokerId{2}}},
                                      {1, {BrokerId{1}, BrokerId{2}, BrokerId{3}}}}};
  const std::string expected =
      R"({"version":2,"partitions":{"0":[3,1,2],"1":[1,2,3]},"adding_replicas":{},"removing_replicas":{}})";
  EXPECT_EQ(topic.encode(), expected);
  const auto read = TopicZnode::decode(expected);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->replicas, topic.replicas);
}

TEST(PartitionStateZnode, IsWrittenAsKafkaWritesIt) {
  const PartitionStateZnode state{.controller_epoch = ControllerEpoch{1},
                                  .leader = BrokerId{3},
                                  .leader_epoch = LeaderEpoch{0},
                                  .isr = {BrokerId{3}, BrokerId{1}, BrokerId{2}}};
  const std::string expected =
      R"({"controller_epoch":1,"leader":3,"version":1,"leader_epoch":0,"isr":[3,1,2]})";
  EXPECT_EQ(state.encode(), expected);
  const auto read = PartitionStateZnode::decode(expected);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->isr, state.isr);
  EXPECT_FALSE(PartitionStateZnode::decode(R"({"leader":1})"));
}

TEST(PartitionStateZnode, NumbersThatDoNotFitAreNotCut) {
  const std::string far = "4294967299";  // cut, it would be 3
  for (const std::string& json : {
           R"({"controller_epoch":)" + far + R"(,"leader":3,"leader_epoch":0,"isr":[3]})",
           R"({"controller_epoch":1,"leader":)" + far + R"(,"leader_epoch":0,"isr":[3]})",
           R"({"controller_epoch":1,"leader":3,"leader_epoch":)" + far + R"(,"isr":[3]})",
           R"({"controller_epoch":1,"leader":3,"leader_epoch":0,"isr":[)" + far + R"(]})",
       }) {
    const auto read = PartitionStateZnode::decode(json + std::string(5000, ' '));
    ASSERT_FALSE(read) << json;
    EXPECT_LT(read.error().message.size(), 300u);
  }
}

TEST(ControllerEpochZnode, HoldsANumber) {
  EXPECT_EQ(decode_controller_epoch("17").value(), ControllerEpoch{17});
  for (const char* junk : {"", "x", "-1", "1x", "4294967299"})
    EXPECT_FALSE(decode_controller_epoch(junk)) << junk;
}

TEST(Znodes, OfTheClusterAreWrittenAsKafkaWritesThem) {
  EXPECT_EQ(encode_controller(BrokerId{2}, 1795335249829),
            R"({"version":1,"brokerid":2,"timestamp":"1795335249829"})");
  EXPECT_EQ(encode_cluster_id("CL_AAJK9R2qFh1zY3uGZBg"),
            R"({"version":"1","id":"CL_AAJK9R2qFh1zY3uGZBg"})");
  EXPECT_EQ((ProducerIdBlock{BrokerId{2}, 0, 999}.encode()),
            R"({"version":1,"broker":2,"block_start":"0","block_end":"999"})");
  EXPECT_EQ(encode_empty_feature(), R"({"features":{},"version":1,"status":1})");
}

TEST(ConfigZnode, IsWrittenInTheOrderOfJavasProperties) {
  EXPECT_EQ(encode_config({}), R"({"version":1,"config":{}})");
  EXPECT_EQ(encode_config({{"segment.bytes", "104857600"},
                           {"cleanup.policy", "compact"},
                           {"compression.type", "producer"}}),
            R"({"version":1,"config":{"compression.type":"producer","cleanup.policy":"compact",)"
            R"("segment.bytes":"104857600"}})");
  EXPECT_EQ(
      encode_config({{"unclean.leader.election.enable", "false"},
                     {"cleanup.policy", "compact"},
                     {"min.insync.replicas", "2"},
                     {"segment.bytes", "104857600"},
                     {"compression.type", "uncompressed"}}),
      R"({"version":1,"config":{"compression.type":"uncompressed","cleanup.policy":"compact",)"
      R"("min.insync.replicas":"2","segment.bytes":"104857600",)"
      R"("unclean.leader.election.enable":"false"}})");
  EXPECT_EQ(encode_config({{"SCRAM-SHA-256", "b"}, {"SCRAM-SHA-512", "a"}}),
            R"({"version":1,"config":{"SCRAM-SHA-512":"a","SCRAM-SHA-256":"b"}})");
}

TEST(ConfigZnode, IsReadBackAndEmptyWhereThereIsNothing) {
  const ConfigMap config{{"retention.ms", "1"}, {"odd \"name\"", "\\"}};
  const auto read = decode_config(encode_config(config));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, config);
  EXPECT_EQ(*decode_config(""), ConfigMap{});
  EXPECT_EQ(*decode_config("not json"), ConfigMap{});
  EXPECT_FALSE(decode_config(R"({"config":{"retention.ms":1}})"));
}

TEST(ConfigChangeZnode, NamesTheEntityInBothVersions) {
  EXPECT_EQ(encode_config_change("users/a/clients/c"),
            R"({"version":2,"entity_path":"users/a/clients/c"})");
  EXPECT_EQ(*decode_config_change(encode_config_change("brokers/<default>")), "brokers/<default>");
  EXPECT_EQ(*decode_config_change(R"({"version":1,"entity_type":"topics","entity_name":"t"})"),
            "topics/t");
  EXPECT_FALSE(decode_config_change(R"({"version":1,"entity_type":"users","entity_name":"t"})"));
  EXPECT_FALSE(decode_config_change(R"({"version":3,"entity_path":"topics/t"})"));
  EXPECT_FALSE(decode_config_change(""));
}

TEST(ConfigChangeZnode, HasItsNumberInItsName) {
  EXPECT_EQ(config_change_number("config_change_0000000012"), 12);
  EXPECT_EQ(config_change_number("config_change_"), std::nullopt);
  EXPECT_EQ(config_change_number("other"), std::nullopt);
}

}  // namespace
}  // namespace samsa::zk
