// kafka-dump-log.

#include <iostream>

#include "tools/commands/common.h"
#include "tools/dump/segment_dump.h"

namespace samsa::tools {

namespace {

constexpr std::string_view k_string_decoder = "kafka.serializer.StringDecoder";

cli::OptionParser make_parser() {
  auto parser = cli::OptionParser::with_defaults();
  parser.accepts("print-data-log",
                 "if set, printing the messages content when dumping data logs. Automatically set "
                 "if any decoder option is specified.");
  parser.accepts("verify-index-only",
                 "if set, just verify the index log without printing its content.");
  parser.accepts("index-sanity-check",
                 "if set, just checks the index sanity without printing its content. This is the "
                 "same check that is executed on broker startup to determine if an index needs "
                 "rebuilding or not.");
  parser
      .accepts("files",
               "REQUIRED: The comma separated list of data and index log files to be dumped.")
      .takes("file1, file2, ...");
  parser.accepts("max-message-size", "Size of largest message.")
      .takes("size", cli::ValueType::integer)
      .defaults_to("5242880");
  parser.accepts("deep-iteration",
                 "if set, uses deep instead of shallow iteration. Automatically set if "
                 "print-data-log is enabled.");
  parser
      .accepts("value-decoder-class",
               "if set, used to deserialize the messages. This class should implement "
               "kafka.serializer.Decoder trait. Custom jar should be available in kafka/libs "
               "directory.")
      .may_take()
      .defaults_to(k_string_decoder);
  parser
      .accepts("key-decoder-class",
               "if set, used to deserialize the keys. This class should implement "
               "kafka.serializer.Decoder trait. Custom jar should be available in kafka/libs "
               "directory.")
      .may_take()
      .defaults_to(k_string_decoder);
  parser.accepts("offsets-decoder",
                 "if set, log data will be parsed as offset data from the __consumer_offsets "
                 "topic.");
  parser.accepts("transaction-log-decoder",
                 "if set, log data will be parsed as transaction metadata from the "
                 "__transaction_state topic.");
  return parser;
}

// Java's classes can't be loaded here, so that of them only those count that everybody has.
Result<ValueDecoder> value_decoder(const std::string& name) {
  if (name == k_string_decoder) return ValueDecoder::text;
  if (name == "kafka.serializer.IntegerDecoder") return ValueDecoder::int32;
  if (name == "kafka.serializer.LongDecoder") return ValueDecoder::int64;
  return Error{k_no_class, name + ". This tool is no Java program and knows " +
                               std::string(k_string_decoder) +
                               ", kafka.serializer.IntegerDecoder and "
                               "kafka.serializer.LongDecoder"};
}

Result<DumpOptions> read_options(const cli::Options& options) {
  DumpOptions dump;
  dump.print_data = options.has("print-data-log") || options.has("offsets-decoder") ||
                    options.has("transaction-log-decoder") || options.has("value-decoder-class") ||
                    options.has("key-decoder-class");
  dump.deep = options.has("deep-iteration") || dump.print_data;
  dump.verify_only = options.has("verify-index-only");
  dump.index_sanity_only = options.has("index-sanity-check");
  dump.max_message_size = static_cast<int32_t>(options.integer("max-message-size"));
  if (options.has("offsets-decoder")) {
    dump.decoder = PayloadDecoder::group_records;
  } else if (options.has("transaction-log-decoder")) {
    dump.decoder = PayloadDecoder::transaction_records;
  }
  auto key = value_decoder(options.text("key-decoder-class"));
  auto value = value_decoder(options.text("value-decoder-class"));
  if (!key || !value) return key ? value.error() : key.error();
  dump.key_decoder = *key;
  dump.value_decoder = *value;
  return dump;
}

}  // namespace

int dump_log(Arguments arguments) {
  auto parser = make_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::uncaught_refusal(options.error());
  if (auto code = cli::help_or_version(
          parser, *options,
          "This tool helps to parse a log file and dump its contents to the console, useful for "
          "debugging a seemingly corrupt log segment.")) {
    return *code;
  }
  if (auto problem = cli::require(*options, {"files"})) return cli::usage_error(parser, *problem);
  auto dump = read_options(*options);
  if (!dump) return cli::uncaught(cli::exception_name(dump.error().code), dump.error().text());
  SegmentDumper dumper(*dump, std::cout, std::cerr);
  for (const std::string& file : split(options->text("files"), ',')) {
    auto dumped = dumper.dump(file);
    if (!dumped) {
      return cli::uncaught(cli::exception_name(dumped.error().code), dumped.error().text());
    }
  }
  std::cout.flush();
  dumper.print_problems();
  return 0;
}

}  // namespace samsa::tools
