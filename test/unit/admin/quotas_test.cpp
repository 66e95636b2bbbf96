#include "admin/quotas.h"

#include <gtest/gtest.h>

#include "admin/entity_names.h"

namespace samsa::admin {
namespace {

QuotaEntity user(std::optional<std::string> name) { return {.user = std::optional(name)}; }
QuotaEntity user_and_client(std::string u, std::string c) {
  return {.user = std::optional(std::optional(u)), .client_id = std::optional(std::optional(c))};
}

TEST(EntityName, IsEncodedAsKafkasSanitizerDoes) {
  EXPECT_EQ(sanitize("alice-1.x_Y"), "alice-1.x_Y");
  EXPECT_EQ(sanitize("CN=a b*c+d,ü"), "CN%3Da%20b%2Ac%2Bd%2C%C3%BC");
  EXPECT_EQ(desanitize(sanitize("CN=a b*c+d,ü")), "CN=a b*c+d,ü");
  EXPECT_EQ(desanitize("100%"), "100%");
}

TEST(Quotas, AreWrittenInTheTypesOfTheirKeys) {
  const auto next = with_quotas({{"SCRAM-SHA-256", "kept"}, {"request_percentage", "1.0"}},
                                user("a"),
                                {{"producer_byte_rate", 1048576.0},
                                 {"controller_mutation_rate", 2.5},
                                 {"request_percentage", std::nullopt}});
  ASSERT_TRUE(next);
  EXPECT_EQ(*next, (config::Properties{{"SCRAM-SHA-256", "kept"},
                                       {"producer_byte_rate", "1048576"},
                                       {"controller_mutation_rate", "2.5"}}));
}

TEST(Quotas, RefuseUnknownKeysAndFractionsOfBytes) {
  EXPECT_EQ(with_quotas({}, user("a"), {{"bytes", 1.0}}).error(),
            (Error{Errc::invalid_request, "Invalid configuration key bytes"}));
  EXPECT_EQ(with_quotas({}, user("a"), {{"consumer_byte_rate", 1.5}}).error(),
            (Error{Errc::invalid_request,
                   "Configuration consumer_byte_rate must be a Long value"}));
  EXPECT_EQ(with_quotas({}, {}, {}).error(),
            (Error{Errc::invalid_request, "Invalid empty client quota entity"}));
}

TEST(QuotaFilter, MatchesNamesDefaultsAndAny) {
  const auto with_user = [](std::optional<std::optional<std::string>> name, bool strict = false) {
    return QuotaFilter{.user = QuotaFilter::Component{name}, .strict = strict};
  };
  EXPECT_TRUE(matches(with_user(std::optional<std::string>("a")), user("a")));
  EXPECT_FALSE(matches(with_user(std::optional<std::string>("a")), user(std::nullopt)));
  EXPECT_TRUE(matches(with_user(std::optional<std::string>()), user(std::nullopt)));
  EXPECT_TRUE(matches(with_user(std::nullopt), user(std::nullopt)));
  EXPECT_TRUE(matches(with_user(std::nullopt), user_and_client("a", "c")));
  EXPECT_FALSE(matches(with_user(std::nullopt, true), user_and_client("a", "c")));
  EXPECT_TRUE(matches(QuotaFilter{}, user("a")));
  EXPECT_FALSE(matches(QuotaFilter{.strict = true}, user("a")));
}

}  // namespace
}  // namespace samsa::admin
