#include "config/broker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace samsa::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Properties with(Properties more) {
  more.emplace("zookeeper.connect", "localhost:2181");
  return more;
}

BrokerConfig config_of(Properties more) {
  auto config = BrokerConfig::from(with(std::move(more)));
  EXPECT_TRUE(config) << config.error();
  return config ? std::move(*config) : BrokerConfig{};
}

std::string mistake_in(Properties more) {
  const auto config = BrokerConfig::from(with(std::move(more)));
  return config ? "" : config.error().message;
}

TEST(BrokerConfig, DefaultsAreKafkas) {
  const BrokerConfig config = config_of({});
  EXPECT_EQ(config.num_io_threads, 8);
  EXPECT_EQ(config.log_segment_bytes, 1073741824);
  EXPECT_EQ(config.group_initial_rebalance_delay_ms, 3000);
  EXPECT_EQ(config.inter_broker_version().version, "2.7-IV2");
  EXPECT_THAT(config.log_dirs, ElementsAre("/tmp/kafka-logs"));
  EXPECT_THAT(config.endpoints(), ElementsAre(Endpoint{"PLAINTEXT", {}, "", 9092}));
  EXPECT_THAT(config.warnings(), IsEmpty());
  EXPECT_THAT(config.unsupported(), IsEmpty());
}

TEST(BrokerConfig, TheTableIsSortedAndHoldsEveryKeyOfKafkaAndTwoMore) {
  EXPECT_TRUE(std::ranges::is_sorted(broker_keys(), {}, &BrokerKey::name));
  EXPECT_EQ(broker_keys().size(), 216u + 2);
  EXPECT_EQ(find_broker_key("nothing"), nullptr);
  EXPECT_EQ(find_broker_key("log.dirs")->scope, Scope::read_only);
  EXPECT_EQ(find_broker_key("listeners")->scope, Scope::per_broker);
  EXPECT_EQ(find_broker_key("log.retention.ms")->scope, Scope::cluster_wide);
}

TEST(BrokerConfig, ZooKeeperMustBeNamed) {
  const auto config = BrokerConfig::from({});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "Missing required configuration \"zookeeper.connect\" which has no default value.");
}

TEST(BrokerConfig, AllMistakesAreToldAtOnce) {
  const std::string mistakes = mistake_in({{"num.io.threads", "0"}, {"broker.id", "one"}});
  EXPECT_THAT(mistakes, HasSubstr("Value must be at least 1"));
  EXPECT_THAT(mistakes, HasSubstr("Invalid value one for configuration broker.id"));
}

TEST(BrokerConfig, TheMoreExactUnitOfATimeWins) {
  EXPECT_EQ(config_of({}).retention_time_ms(), 604800000);
  EXPECT_EQ(config_of({{"log.retention.minutes", "2"}}).retention_time_ms(), 120000);
  EXPECT_EQ(
      config_of({{"log.retention.minutes", "2"}, {"log.retention.ms", "5"}}).retention_time_ms(),
      5);
  EXPECT_EQ(config_of({{"log.retention.hours", "-1"}}).retention_time_ms(), -1);
  EXPECT_EQ(config_of({{"log.roll.hours", "1"}}).roll_time_ms(), 3600000);
  EXPECT_EQ(config_of({}).flush_time_ms(), INT64_MAX);
  EXPECT_EQ(config_of({}).zookeeper_connect_time_ms(), 18000);
}

TEST(BrokerConfig, LogDirsBeatLogDir) {
  EXPECT_THAT(config_of({{"log.dir", "/a"}, {"log.dirs", " /b , /c,"}}).log_dirs,
              ElementsAre("/b", "/c"));
  EXPECT_THAT(mistake_in({{"log.dirs", ""}}),
              HasSubstr("At least one log directory must be defined via log.dirs or log.dir."));
}

TEST(BrokerConfig, ListenersMapToSecurityProtocols) {
  const BrokerConfig config =
      config_of({{"listeners", "internal://:9093,External://[::1]:9094"},
                 {"listener.security.protocol.map", "INTERNAL:PLAINTEXT,EXTERNAL:SSL"},
                 {"advertised.listeners", "INTERNAL://b1:9093,EXTERNAL://example.org:9093"},
                 {"inter.broker.listener.name", "internal"}});
  EXPECT_THAT(config.endpoints(),
              ElementsAre(Endpoint{"INTERNAL", SecurityProtocol::plaintext, "", 9093},
                          Endpoint{"EXTERNAL", SecurityProtocol::ssl, "::1", 9094}));
  EXPECT_EQ(config.endpoint("EXTERNAL")->to_string(), "EXTERNAL://[::1]:9094");
  EXPECT_EQ(config.advertised_endpoints()[1].host, "example.org");
  EXPECT_EQ(config.inter_broker_listener(), "INTERNAL");
  EXPECT_THAT(config.unsupported(), Contains(HasSubstr("security protocol SSL")));
}

TEST(BrokerConfig, OldHostAndPortStillName) {
  const BrokerConfig config = config_of(
      {{"host.name", "h"}, {"port", "1"}, {"advertised.host.name", "a"}, {"advertised.port", "2"}});
  EXPECT_EQ(config.endpoints()[0].to_string(), "PLAINTEXT://h:1");
  EXPECT_EQ(config.advertised_endpoints()[0].to_string(), "PLAINTEXT://a:2");
}

TEST(BrokerConfig, WrongListenersAreRefusedInKafkasWords) {
  EXPECT_THAT(mistake_in({{"listeners", "PLAINTEXT:9092"}}),
              HasSubstr("Error creating broker listeners from 'PLAINTEXT:9092': Unable to parse "
                        "PLAINTEXT:9092 to a broker endpoint"));
  EXPECT_THAT(mistake_in({{"listeners", "X://:1"}}),
              HasSubstr("No security protocol defined for listener X"));
  EXPECT_THAT(mistake_in({{"listeners", "PLAINTEXT://:1,SSL://:1"}}),
              HasSubstr("Each listener must have a different port"));
  EXPECT_THAT(mistake_in({{"listeners", "PLAINTEXT://:1,PLAINTEXT://:2"}}),
              HasSubstr("Each listener must have a different name"));
  EXPECT_THAT(mistake_in({{"advertised.listeners", "PLAINTEXT://0.0.0.0:9092"}}),
              HasSubstr("cannot use the nonroutable meta-address 0.0.0.0"));
  EXPECT_THAT(mistake_in({{"advertised.listeners", "SSL://h:1"}}),
              HasSubstr("inter.broker.listener.name must be a listener name defined in "
                        "advertised.listeners. The valid options based on currently configured "
                        "listeners are SSL"));
  EXPECT_THAT(mistake_in({{"inter.broker.listener.name", "INNER"}}),
              HasSubstr("Listener with name INNER defined in inter.broker.listener.name not found "
                        "in listener.security.protocol.map."));
  EXPECT_THAT(mistake_in({{"inter.broker.listener.name", "PLAINTEXT"},
                          {"security.inter.broker.protocol", "PLAINTEXT"}}),
              HasSubstr("Only one of inter.broker.listener.name and "
                        "security.inter.broker.protocol should be set."));
}

TEST(BrokerConfig, SettingsAtOddsAreRefusedInKafkasWords) {
  EXPECT_THAT(mistake_in({{"broker.id", "1001"}}),
              HasSubstr("not greater than reserved.broker.max.id"));
  EXPECT_EQ(mistake_in({{"broker.id", "1001"}, {"broker.id.generation.enable", "false"}}), "");
  EXPECT_THAT(mistake_in({{"log.retention.ms", "0"}}),
              HasSubstr("log.retention.ms must be unlimited (-1) or, equal or greater than 1"));
  EXPECT_THAT(mistake_in({{"compression.type", "brotli"}}),
              HasSubstr("compression.type : brotli is not valid."));
  EXPECT_THAT(mistake_in({{"inter.broker.protocol.version", "0.10.2"}}),
              HasSubstr("set to version 0.11.0 or higher"));
  EXPECT_THAT(mistake_in({{"replica.fetch.wait.max.ms", "40000"}}),
              HasSubstr("replica.socket.timeout.ms should always be at least"));
  EXPECT_THAT(mistake_in({{"max.connections.per.ip", "0"}}),
              HasSubstr("max.connections.per.ip can be set to zero only if"));
  EXPECT_THAT(mistake_in({{"create.topic.policy.class.name", "org.acme.Policy"}}),
              HasSubstr("Class org.acme.Policy could not be found."));
}

TEST(BrokerConfig, ValuesMustSuitTheTopicsThatInheritThem) {
  EXPECT_EQ(mistake_in({{"log.cleaner.max.compaction.lag.ms", "0"}}),
            "Invalid value 0 for configuration max.compaction.lag.ms: Value must be at least 1");
}

TEST(BrokerConfig, TheCleanerNeedsRoomForAKey) {
  EXPECT_THAT(mistake_in({{"log.cleaner.io.buffer.load.factor", "0"}}),
              HasSubstr("offset map is too small to fit in even a single message"));
  EXPECT_EQ(mistake_in({{"log.cleaner.io.buffer.load.factor", "0.1"}}), "");
}

TEST(BrokerConfig, ConnectionLimitsAreByAddress) {
  const BrokerConfig config =
      config_of({{"max.connections.per.ip.overrides", "127.0.0.1:5, ::1:7"}});
  EXPECT_EQ(config.connection_limits().at("127.0.0.1"), 5);
  EXPECT_EQ(config.connection_limits().at("::1"), 7);
}

TEST(BrokerConfig, DynamicLayersTakePrecedenceAndReplaceSynonyms) {
  const BrokerConfig fixed = config_of({{"log.retention.ms", "1"}, {"num.io.threads", "4"}});
  const auto config = fixed.with_dynamic({{"log.retention.hours", "1"}, {"num.io.threads", "5"}},
                                         {{"num.io.threads", "6"}});
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->retention_time_ms(), 3600000);
  EXPECT_EQ(config->num_io_threads, 6);
  EXPECT_EQ(fixed.num_io_threads, 4);
}

TEST(BrokerConfig, TextsArePrintedAsKafkaPrintsThem) {
  const BrokerConfig config = config_of({{"num.io.threads", " 07 "}});
  EXPECT_EQ(config.text_of("num.io.threads"), "7");
  EXPECT_EQ(config.text_of("log.retention.ms"), std::nullopt);
  EXPECT_EQ(config.text_of("log.cleanup.policy"), "delete");
}

TEST(BrokerConfig, UnknownKeysAndDoubtfulAddressesAreToldButAccepted) {
  const BrokerConfig config = config_of({{"log.dirz", "/x"},
                                         {"listener.name.plaintext.max.connections", "3"},
                                         {"advertised.listeners", "PLAINTEXT://localhost:9092"}});
  EXPECT_THAT(config.warnings(), ElementsAre(HasSubstr("Did you mean 'log.dir"),
                                             HasSubstr("only clients on this machine")));
  EXPECT_EQ(config.listener_override("PLAINTEXT", "max.connections"), "3");
}

}  // namespace
}  // namespace samsa::config
