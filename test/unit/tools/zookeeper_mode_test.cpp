// What kafka-topics and kafka-configs decide by themselves with --zookeeper.

#include <gtest/gtest.h>

#include "tools/commands/config_entity.h"
#include "tools/commands/configs_zookeeper.h"
#include "tools/commands/java_order.h"
#include "tools/commands/topics.h"
#include "tools/security/password_encoder.h"
#include "tools/security/scram_credential.h"

namespace samsa::tools {
namespace {

using Strings = std::vector<std::string>;

TEST(JavaOrder, IsThatOfAHashTable) {
  // As Kafka's own tool printed them.
  EXPECT_EQ(in_java_order({"cleanup.policy", "flush.messages", "max.message.bytes", "retention.ms",
                           "segment.ms"},
                          16),
            (Strings{"cleanup.policy", "max.message.bytes", "retention.ms", "segment.ms",
                     "flush.messages"}));
  EXPECT_EQ(hash_map_buckets(12), 16U);
  EXPECT_EQ(hash_map_buckets(13), 32U);
  EXPECT_EQ(properties_buckets(12), 32U);
  EXPECT_EQ(hash_map_buckets(3, 1), 4U);
}

TEST(TopicArguments, AreJudgedBeforeAnythingIsAsked) {
  const auto parse = [](Strings arguments) {
    return parse_topic_arguments(*topics_parser().parse(arguments));
  };
  const auto good = parse({"--topic", "t", "--partitions", "3", "--replica-assignment", "1:2,2:1",
                           "--config", "retention.ms = 5", "--delete-config", " flush.ms "});
  ASSERT_TRUE(good);
  EXPECT_EQ(good->partitions, 3);
  EXPECT_EQ(good->replication_factor, std::nullopt);
  EXPECT_EQ(good->assignment, (ReplicaAssignment{{1, 2}, {2, 1}}));
  EXPECT_EQ(good->configs, (config::Properties{{"retention.ms", "5"}}));
  EXPECT_EQ(good->deleted_configs, (Strings{"flush.ms"}));
  EXPECT_EQ(parse({"--config", "a.b=c"}).error().message, "Unknown topic config name: a.b");
  EXPECT_EQ(parse({"--config", "retention.ms=x"}).error().message,
            "Invalid value x for configuration retention.ms: Not a number of type LONG");
  EXPECT_EQ(parse({"--delete-config", "a.b"}).error().message, "Unknown topic config name: a.b");
}

TEST(ConfigEntity, IsNamedAsInZooKeeperAndToldAsKafkaTells) {
  const auto client = config_entity({{"clients", "users"}, {"c 1", "al*ce"}}, true);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->path(), "users/al%2Ace/clients/c%201");
  EXPECT_EQ(client->full_name(), "al%2Ace/clients/c%201");
  EXPECT_EQ(client->text(), "user-principal 'al*ce', client-id 'c 1'");
  const auto defaults = config_entity({{"users", "clients"}, {"", ""}}, true);
  EXPECT_EQ(defaults->path(), "users/<default>/clients/<default>");
  EXPECT_EQ(defaults->text(), "default user-principal, default client-id");
  EXPECT_EQ(config_entity({{"brokers"}, {"1"}}, true)->text(), "brokers '1'");
  EXPECT_EQ(config_entity({{"topics"}, {}}, false)->text(), "topics");
  EXPECT_FALSE(config_entity({{"users", "clients"}, {"u"}}, true));
  EXPECT_TRUE(config_entity({{"users", "clients"}, {"u"}}, false));
}

TEST(ConfigEntity, NamesSurviveTheirEncoding) {
  const std::string name = "CN=Ä b,+*%/~";
  EXPECT_EQ(sanitize(name), "CN%3D%C3%84%20b%2C%2B%2A%25%2F%7E");
  EXPECT_EQ(desanitize(sanitize(name)), name);
  EXPECT_EQ(desanitize("a%2"), "a%2");
}

TEST(EntityConfigs, KnowTheirNamesAndTypes) {
  const auto why = [](const std::string& type, const std::string& name,
                      const config::Properties& configs) {
    auto valid = validate_entity_configs(type, name, configs);
    return valid ? "" : std::string(name_of(valid.error().code)) + ": " + valid.error().message;
  };
  EXPECT_EQ(why("clients", "c", {{"producer_byte_rate", "1"}, {"request_percentage", "0.5"}}), "");
  EXPECT_EQ(why("clients", "c", {{"producer_byte_rate", "0.5"}}),
            "INVALID_CONFIG: Invalid value 0.5 for configuration producer_byte_rate: Not a number "
            "of type LONG");
  EXPECT_EQ(why("users", "u", {{"SCRAM-SHA-256", "x"}}), "");
  EXPECT_NE(why("users", "<default>", {{"SCRAM-SHA-256", "x"}}), "");
  EXPECT_NE(why("users", "u/clients/c", {{"SCRAM-SHA-256", "x"}}), "");
  EXPECT_EQ(why("topics", "t", {{"nonsense", "x"}}),
            "NONE: Unknown topic config name: nonsense");
  EXPECT_EQ(why("brokers", "1", {{"some.plugins.key", "x"}}), "");
  EXPECT_NE(why("brokers", "1", {{"leader.replication.throttled.rate", "-1"}}), "");
}

// RFC 7677, section 3.
TEST(Scram, DerivesTheKeysOfTheStandardsExample) {
  const std::string salt = "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
  EXPECT_EQ(security::scram_credential("SCRAM-SHA-256", "pencil", 4096, salt),
            "salt=W22ZaJ0SNY7soEsUEjb6gQ==,"
            "stored_key=WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
            "server_key=wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=,iterations=4096");
}

TEST(Scram, ReadsWhatAnOperatorWrites) {
  const auto encode = [](const std::string& argument) {
    return security::encode_scram_argument("SCRAM-SHA-512", argument);
  };
  ASSERT_TRUE(encode("password=a,b"));
  EXPECT_TRUE(encode("iterations=8192,password=p")->ends_with(",iterations=8192"));
  EXPECT_NE(*encode("password=p"), *encode("password=p"));
  EXPECT_EQ(encode("iterations=1,password=p").error().message,
            "Iterations 1 is less than the minimum 4096 required for SCRAM_SHA_512");
  EXPECT_EQ(encode("p").error().message, "Invalid credential property SCRAM_SHA_512=p");
}

TEST(PasswordEncoder, EncodesPasswordsAloneAndStoresNoSecret) {
  config::Properties configs{{"password.encoder.secret", "s"},
                             {"password.encoder.iterations", "1000"},
                             {"listener.name.a.ssl.keystore.password", "hush"},
                             {"log.cleaner.threads", "2"}};
  const auto encoder = security::PasswordEncoderConfig::take_from(configs);
  ASSERT_TRUE(encoder);
  ASSERT_TRUE(security::encode_passwords(*encoder, configs));
  EXPECT_EQ(configs.size(), 2U);
  EXPECT_EQ(configs["log.cleaner.threads"], "2");
  const std::string& encoded = configs["listener.name.a.ssl.keystore.password"];
  EXPECT_EQ(encoded.find("hush"), std::string::npos);
  EXPECT_NE(encoded.find(",iterations:1000,encryptedPassword:"), std::string::npos);
  EXPECT_NE(encoded.find(",passwordLength:4,"), std::string::npos);
  config::Properties open{{"ssl.key.password", "hush"}};
  EXPECT_FALSE(security::encode_passwords({}, open));
  EXPECT_EQ(open["ssl.key.password"], "hush");
}

}  // namespace
}  // namespace samsa::tools
