#include "tools/cli/options.h"

#include <gtest/gtest.h>

#include "tools/cli/outcome.h"

namespace samsa::tools::cli {
namespace {

OptionParser make_parser() {
  auto parser = OptionParser::with_defaults();
  parser.accepts("topic", "The topic.").takes("topic");
  parser.accepts("partitions", "How many.").takes("# of partitions", ValueType::integer);
  parser.accepts("config", "A config.").takes("name=value").many();
  parser.accepts("codec", "A codec.").may_take("codec").defaults_to("none");
  parser.accepts("delete", "Keys.").takes().many(',');
  parser.accepts("describe", "Describe.");
  parser.accepts("members", "Members.").only_with({"describe"});
  return parser;
}

Result<Options> parse(std::vector<std::string> arguments) { return make_parser().parse(arguments); }

TEST(OptionParser, ReadsValuesAfterBlankAndEqualsSign) {
  auto options = parse({"--topic", "a=b", "--config=x=1", "--config", "y=2"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->text("topic"), "a=b");
  EXPECT_EQ(options->values("config"), (std::vector<std::string>{"x=1", "y=2"}));
}

TEST(OptionParser, RefusesWhatItDoesNotKnowInTheWordsOfJoptsimple) {
  EXPECT_EQ(parse({"--foo"}).error().message, "foo is not a recognized option");
  EXPECT_EQ(parse({"--top", "t"}).error().message, "top is not a recognized option");
  EXPECT_EQ(parse({"--topic"}).error().message, "Option topic requires an argument");
  EXPECT_EQ(parse({"--topic", "a", "--topic", "b"}).error().message,
            "Found multiple arguments for option topic, but you asked for only one");
  EXPECT_EQ(parse({"--partitions", "many"}).error().message,
            "Cannot parse argument 'many' of option partitions");
  EXPECT_EQ(parse({"--members"}).error().message,
            "Option(s) [members] are unavailable given other options on the command line");
}

TEST(OptionParser, TakesTheNextOptionForNoOptionalArgument) {
  auto options = parse({"--codec", "--topic", "t"});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->has("codec"));
  EXPECT_EQ(options->text("topic"), "t");
  EXPECT_EQ(parse({"--codec", "lz4"})->text("codec"), "lz4");
}

TEST(OptionParser, AcceptsLongOptionsAfterOneDash) {
  EXPECT_EQ(parse({"-topic", "t"})->text("topic"), "t");
}

TEST(OptionParser, SplitsListsAndAppliesDefaults) {
  auto options = parse({"--delete", "a,b"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->values("delete"), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(options->has("codec"));
  EXPECT_EQ(options->text("codec"), "none");
}

TEST(OptionParser, NamesTheMissingOfTwoAlternatives) {
  OptionParser parser;
  parser.accepts("broker-list", "Old.").takes();
  parser.accepts("bootstrap-server", "New.").takes().unless("broker-list");
  const std::vector<std::string> none, old = {"--broker-list", "h:1"};
  EXPECT_EQ(parser.parse(none).error().message, "Missing required option(s) [bootstrap-server]");
  EXPECT_TRUE(parser.parse(old));
}

TEST(Help, SetsTwoColumnsAsJoptsimpleDoes) {
  OptionParser parser;
  parser
      .accepts("command-config", "A property file containing configs to be passed to Admin Client.")
      .takes("command config property file");
  parser.accepts("bootstrap-server", "REQUIRED: The server to connect to.")
      .takes("server(s) to use for bootstrapping");
  EXPECT_EQ(parser.help(),
            "Option                                 Description                          \n"
            "------                                 -----------                          \n"
            "--bootstrap-server <String: server(s)  REQUIRED: The server to connect to.  \n"
            "  to use for bootstrapping>                                                 \n"
            "--command-config <String: command      A property file containing configs to\n"
            "  config property file>                  be passed to Admin Client.         \n");
}

TEST(Help, BreaksLinesAfterDashesAndPunctuationButNotInsideNumbers) {
  EXPECT_EQ(wrap("uses deep iteration. Set if print-data-log is on", 40),
            (std::vector<std::string>{"uses deep iteration. Set if print-data-", "  log is on"}));
  EXPECT_EQ(wrap("format: `topic1:0,1,2`, where", 16),
            (std::vector<std::string>{"format: `topic1:", "  0,1,2`, where"}));
}

TEST(Checks, NameTheOptionsInBrackets) {
  auto options = parse({"--topic", "t", "--describe"});
  ASSERT_TRUE(options);
  EXPECT_EQ(require(*options, {"topic", "partitions"}),
            "Missing required argument \"[partitions]\"");
  EXPECT_EQ(exclude(*options, "topic", {"config", "describe"}),
            "Option \"[topic]\" can't be used with option \"[describe]\"");
  EXPECT_EQ(exclude(*options, "config", {"topic"}), std::nullopt);
}

TEST(Exceptions, CarryJavasNames) {
  EXPECT_EQ(exception_name(Errc::topic_already_exists),
            "org.apache.kafka.common.errors.TopicExistsException");
  EXPECT_EQ(exception_text(Error{Errc::non_empty_group}),
            "org.apache.kafka.common.errors.GroupNotEmptyException: The group is not empty.");
}

}  // namespace
}  // namespace samsa::tools::cli
