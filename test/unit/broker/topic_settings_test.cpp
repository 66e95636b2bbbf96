// What a log gets to know of the settings of its topic and its broker.

#include "broker/topic_settings.h"

#include <gtest/gtest.h>

namespace samsa::broker {
namespace {

struct TopicSettings : testing::Test {
  static config::BrokerConfig broker(config::Properties more) {
    more.emplace("zookeeper.connect", "localhost:2181");
    auto config = config::BrokerConfig::from(more);
    EXPECT_TRUE(config) << config.error();
    return std::move(*config);
  }
  log::LogConfig of_topic(const config::Properties& broker_settings,
                          const config::Properties& own = {}) {
    config::ConfigHolder holder{broker(broker_settings)};
    TopicSettingsCache cache{holder};
    cache.put("t", own);
    return cache.get("t")->log;
  }
};

TEST_F(TopicSettings, WithoutAnyALogHasItsDefaults) {
  const log::LogConfig config = of_topic({}), defaults;
  EXPECT_EQ(config.segment_bytes, defaults.segment_bytes);
  EXPECT_EQ(config.retention_ms, defaults.retention_ms);
  EXPECT_EQ(config.preallocate, defaults.preallocate);
  EXPECT_EQ(config.zstd_allowed, defaults.zstd_allowed);
  EXPECT_EQ(config.max_decompressed_bytes, defaults.max_decompressed_bytes);
}

TEST_F(TopicSettings, ABatchMayUnpackToWhatTheBrokerSaysButAlwaysToWhatMayComePlain) {
  const config::Properties broker = {{"max.decompressed.message.bytes", "5000000"}};
  EXPECT_EQ(of_topic(broker).max_decompressed_bytes, 5'000'000);
  EXPECT_EQ(of_topic(broker, {{"max.message.bytes", "6000000"}}).max_decompressed_bytes, 6'000'000);
}

TEST_F(TopicSettings, OlderBrokersOfTheClusterCanNotReadZstd) {
  EXPECT_TRUE(of_topic({{"inter.broker.protocol.version", "2.1"}}).zstd_allowed);
  EXPECT_FALSE(
      of_topic({{"inter.broker.protocol.version", "2.0"}, {"log.message.format.version", "2.0"}})
          .zstd_allowed);
}

TEST_F(TopicSettings, ADefaultOfTheBrokerHoldsForTopicsWithoutTheirOwnAtOnce) {
  config::ConfigHolder holder{broker({})};
  TopicSettingsCache cache{holder};
  holder.on_change([&](const auto&, const auto&) { cache.rebuild(); });
  cache.put("own", {{"preallocate", "false"}});
  EXPECT_FALSE(cache.get("t")->log.preallocate);
  holder.apply_dynamic({{"log.preallocate", "true"}}, {});
  EXPECT_TRUE(cache.get("t")->log.preallocate);
  EXPECT_FALSE(cache.get("own")->log.preallocate);
}

}  // namespace
}  // namespace samsa::broker
