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

DumpOptions read_options(const cli::Options& options) {
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
  for (std::string_view decoder : {"value-decoder-class", "key-decoder-class"}) {
    if (options->text(decoder) != k_string_decoder) {
      return cli::uncaught("java.lang.ClassNotFoundException", options->text(decoder));
    }
  }
  SegmentDumper dumper(read_options(*options), std::cout, std::cerr);
  for (const std::string& file : split(options->text("files"), ',')) {
    auto dumped = dumper.dump(file);
    if (!dumped) {
      // The only thing that is refused is a name that is no offset.
      if (dumped.error().code == k_refused) {
        return cli::uncaught("java.lang.NumberFormatException", dumped.error().message);
      }
      return cli::uncaught(cli::exception_name(dumped.error().code), dumped.error().text());
    }
  }
  std::cout.flush();
  dumper.print_problems();
  return 0;
}

}  // namespace samsa::tools
