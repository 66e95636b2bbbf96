#include "config/dynamic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/holder.h"

namespace samsa::config {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::string mistake_in(const Properties& layer, bool per_broker = true) {
  const auto config = BrokerConfig::from({{"zookeeper.connect", "z:2181"}});
  const auto valid = validate_dynamic(*config, layer, per_broker);
  return valid ? "" : valid.error().message;
}

TEST(DynamicConfig, OnlySomeKeysMayChangeWhileRunning) {
  EXPECT_EQ(mistake_in({{"log.dirs", "/x"}, {"broker.id", "2"}, {"num.io.threads", "9"}}),
            "Cannot update these configs dynamically: Set(broker.id, log.dirs)");
  EXPECT_EQ(mistake_in({{"log.cleaner.threads", "2"}, {"a.plugins.key", "x"}}), "");
}

TEST(DynamicConfig, SomeKeysNeedABrokerOrAListener) {
  EXPECT_EQ(mistake_in({{"listener.name.x.ssl.keystore.type", "PKCS12"}}, false),
            "Cannot update these configs at default cluster level, broker id must be specified: "
            "Set(listener.name.x.ssl.keystore.type)");
  EXPECT_EQ(mistake_in({{"listener.name.x.max.connections", "5"}}, false), "");
  EXPECT_EQ(mistake_in({{"ssl.keystore.type", "JKS"}}),
            "These security configs can be dynamically updated only per-listener using the "
            "listener prefix: HashSet(ssl.keystore.type)");
}

TEST(DynamicConfig, ValuesAreJudgedAlsoBehindAListenersPrefix) {
  EXPECT_EQ(mistake_in({{"listener.name.x.max.connections", "few"}}),
            "Invalid value few for configuration max.connections: Not a number of type INT");
  EXPECT_EQ(mistake_in({{"leader.replication.throttled.rate", "-1"}}),
            "Invalid value -1 for configuration leader.replication.throttled.rate: Value must be "
            "at least 0");
}

TEST(DynamicConfig, PoolsGrowByStepsOfTwo) {
  const std::string begin =
      "Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count update "
      "validation failed for num.io.threads=";
  const std::string end = " for configuration Invalid dynamic configuration";
  EXPECT_EQ(mistake_in({{"num.io.threads", "16"}}), "");
  EXPECT_EQ(mistake_in({{"num.io.threads", "17"}}),
            begin + "17, value should not be greater than double the current value 8" + end);
  EXPECT_EQ(mistake_in({{"num.io.threads", "3"}}),
            begin + "3, value should be at least half the current value 8" + end);
}

TEST(DynamicConfig, TheCleanersThreadsGrowByStepsOfTwoInWordsOfTheirOwn) {
  const std::string begin =
      "Invalid value org.apache.kafka.common.config.ConfigException: Log cleaner threads cannot "
      "be ";
  const std::string end = " for configuration Invalid dynamic configuration";
  EXPECT_EQ(mistake_in({{"log.cleaner.threads", "2"}}), "");
  EXPECT_EQ(mistake_in({{"log.cleaner.threads", "3"}}),
            begin + "increased to more than double the current value 1" + end);
  const auto four =
      BrokerConfig::from({{"zookeeper.connect", "z:2181"}, {"log.cleaner.threads", "4"}});
  const auto reduced = validate_dynamic(*four, {{"log.cleaner.threads", "1"}}, true);
  ASSERT_FALSE(reduced);
  EXPECT_EQ(reduced.error().message, begin + "reduced to less than half the current value 4" + end);
}

TEST(DynamicConfig, ContradictionsAreToldAsKafkaTellsThem) {
  EXPECT_EQ(mistake_in({{"log.roll.ms", "0"}}),
            "requirement failed: log.roll.ms must be equal or greater than 1");
  EXPECT_EQ(mistake_in({{"listeners", "PLAINTEXT"}}),
            "Error creating broker listeners from 'PLAINTEXT': Unable to parse PLAINTEXT to a "
            "broker endpoint");
}

TEST(DynamicConfig, ARefusedChangeNamesItsResource) {
  const auto value = validate_topic_change("t", {{"retention.ms", "x"}});
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error(),
            (Error{Errc::invalid_request,
                   "Invalid config value for resource ConfigResource(type=TOPIC, name='t'): "
                   "Invalid value x for configuration retention.ms: Not a number of type LONG"}));
  const auto name = validate_topic_change("t", {{"no.name", "x"}});
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error(), (Error{Errc::invalid_config, "Unknown topic config name: no.name"}));
  const auto broker = validate_broker_change(*BrokerConfig::from({{"zookeeper.connect", "z"}}), "1",
                                             {{"log.dirs", "/x"}});
  ASSERT_FALSE(broker);
  EXPECT_EQ(broker.error(),
            (Error{Errc::invalid_request,
                   "Invalid config value for resource ConfigResource(type=BROKER, name='1'): "
                   "Cannot update these configs dynamically: Set(log.dirs)"}));
}

TEST(DynamicConfig, UnusableValuesOfAZnodeAreLeftOut) {
  EXPECT_THAT(usable_dynamic({{"log.dirs", "/x"},
                              {"num.io.threads", "many"},
                              {"log.retention.ms", "5"},
                              {"listeners", "PLAINTEXT://:1"}},
                             false),
              ElementsAre(Pair("log.retention.ms", "5")));
}

TEST(DynamicConfig, ListenerPrefixesHaveABase) {
  EXPECT_EQ(base_name("listener.name.internal.ssl.key.password"), "ssl.key.password");
  EXPECT_EQ(base_name("ssl.key.password"), "ssl.key.password");
  EXPECT_THAT(broker_synonyms("listener.name.x.plain.sasl.jaas.config", true),
              ElementsAre("listener.name.x.plain.sasl.jaas.config", "sasl.jaas.config"));
}

TEST(ConfigHolder, TellsListenersOfRealChangesOnly) {
  ConfigHolder holder(*BrokerConfig::from({{"zookeeper.connect", "z:2181"}}));
  std::vector<int> seen;
  holder.on_change([&](const BrokerConfig& before, const BrokerConfig& after) {
    seen.push_back(before.num_io_threads);
    seen.push_back(after.num_io_threads);
  });
  const auto held = holder.current();
  holder.apply_dynamic({{"num.io.threads", "9"}}, {});
  holder.apply_dynamic({{"num.io.threads", "9"}}, {{"broker.id", "3"}});
  EXPECT_THAT(seen, ElementsAre(8, 9));
  EXPECT_EQ(held->num_io_threads, 8);
  EXPECT_EQ(holder.current()->num_io_threads, 9);
}

TEST(ConfigHolder, KeepsTheFormerConfigurationWhenValuesContradictEachOther) {
  ConfigHolder holder(*BrokerConfig::from({{"zookeeper.connect", "z:2181"}}));
  holder.apply_dynamic({}, {{"advertised.listeners", "PLAINTEXT://0.0.0.0:1"}});
  EXPECT_EQ(holder.current()->advertised_listeners, std::nullopt);
}

}  // namespace
}  // namespace samsa::config
