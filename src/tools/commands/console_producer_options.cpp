// The command line of console-producer.

#include "tools/commands/console_producer.h"

namespace samsa::tools {

namespace {

void accept_main(cli::OptionParser& parser) {
  parser.accepts("topic", "REQUIRED: The topic id to produce messages to.").takes("topic");
  parser
      .accepts("broker-list",
               "DEPRECATED, use --bootstrap-server instead; ignored if --bootstrap-server is "
               "specified.  The broker list string in the form HOST1:PORT1,HOST2:PORT2.")
      .takes("broker-list");
  parser
      .accepts("bootstrap-server",
               "REQUIRED unless --broker-list(deprecated) is specified. The server(s) to connect "
               "to. The broker list string in the form HOST1:PORT1,HOST2:PORT2.")
      .takes("server to connect to")
      .unless("broker-list");
  parser.accepts("sync",
                 "If set message send requests to the brokers are synchronously, one at a time as "
                 "they arrive.");
  parser
      .accepts("compression-codec",
               "The compression codec: either 'none', 'gzip', 'snappy', 'lz4', or 'zstd'.If "
               "specified without value, then it defaults to 'gzip'")
      .may_take("compression-codec");
  parser
      .accepts("line-reader",
               "The class name of the class to use for reading lines from standard in. By default "
               "each line is read as a separate message.")
      .takes("reader_class")
      .defaults_to("kafka.tools.ConsoleProducer$LineMessageReader");
  parser
      .accepts("property",
               "A mechanism to pass user-defined properties in the form key=value to the message "
               "reader. This allows custom configuration for a user-defined message reader. "
               "Default properties include:\n\tparse.key=true|false\n"
               "\tkey.separator=<key.separator>\n\tignore.error=true|false")
      .takes("prop")
      .many();
  parser
      .accepts("producer-property",
               "A mechanism to pass user-defined properties in the form key=value to the "
               "producer. ")
      .takes("producer_prop")
      .many();
  parser
      .accepts("producer.config",
               "Producer config properties file. Note that [producer-property] takes precedence "
               "over this config.")
      .takes("config file");
}

void accept_delivery(cli::OptionParser& parser) {
  using cli::ValueType;
  parser
      .accepts("batch-size",
               "Number of messages to send in a single batch if they are not being sent "
               "synchronously.")
      .takes("size", ValueType::integer)
      .defaults_to("200");
  parser
      .accepts("message-send-max-retries",
               "Brokers can fail receiving the message for multiple reasons, and being unavailable "
               "transiently is just one of them. This property specifies the number of retries "
               "before the producer give up and drop this message.")
      .takes("", ValueType::integer)
      .defaults_to("3");
  parser
      .accepts("retry-backoff-ms",
               "Before each retry, the producer refreshes the metadata of relevant topics. Since "
               "leader election takes a bit of time, this property specifies the amount of time "
               "that the producer waits before refreshing the metadata.")
      .takes("", ValueType::integer)
      .defaults_to("100");
  parser
      .accepts("timeout",
               "If set and the producer is running in asynchronous mode, this gives the maximum "
               "amount of time a message will queue awaiting sufficient batch size. The value is "
               "given in ms.")
      .takes("timeout_ms", ValueType::integer)
      .defaults_to("1000");
  parser.accepts("request-required-acks", "The required acks of the producer requests")
      .takes("request required acks")
      .defaults_to("1");
  parser
      .accepts("request-timeout-ms",
               "The ack timeout of the producer requests. Value must be non-negative and non-zero")
      .takes("request timeout ms", ValueType::integer)
      .defaults_to("1500");
}

void accept_limits(cli::OptionParser& parser) {
  using cli::ValueType;
  parser
      .accepts("metadata-expiry-ms",
               "The period of time in milliseconds after which we force a refresh of metadata even "
               "if we haven't seen any leadership changes.")
      .takes("metadata expiration interval", ValueType::long_integer)
      .defaults_to("300000");
  parser
      .accepts("max-block-ms",
               "The max time that the producer will block for during a send request")
      .takes("max block on send", ValueType::long_integer)
      .defaults_to("60000");
  parser
      .accepts("max-memory-bytes",
               "The total memory used by the producer to buffer records waiting to be sent to the "
               "server.")
      .takes("total memory in bytes", ValueType::long_integer)
      .defaults_to("33554432");
  parser
      .accepts("max-partition-memory-bytes",
               "The buffer size allocated for a partition. When records are received which are "
               "smaller than this size the producer will attempt to optimistically group them "
               "together until this size is reached.")
      .takes("memory in bytes per partition", ValueType::long_integer)
      .defaults_to("16384");
  parser.accepts("socket-buffer-size", "The size of the tcp RECV size.")
      .takes("size", ValueType::integer)
      .defaults_to("102400");
}

}  // namespace

cli::OptionParser console_producer_parser() {
  auto parser = cli::OptionParser::with_defaults();
  accept_main(parser);
  accept_delivery(parser);
  accept_limits(parser);
  return parser;
}

Result<client::Properties> console_producer_properties(const cli::Options& options) {
  auto properties = properties_of(options, "producer.config");
  if (!properties) return properties.error();
  for (auto& [key, value] : parse_key_values(options.values("producer-property"))) {
    (*properties)[key] = value;
  }
  (*properties)["bootstrap.servers"] = options.has("bootstrap-server")
                                           ? options.text("bootstrap-server")
                                           : options.text("broker-list");
  std::string codec = options.text("compression-codec");
  if (!options.has("compression-codec")) {
    codec = "none";
  } else if (codec.empty()) {
    codec = "gzip";
  }
  (*properties)["compression.type"] = codec;
  properties->try_emplace("client.id", "console-producer");
  const std::pair<std::string_view, std::string_view> merged[] = {
      {"linger.ms", "timeout"},
      {"acks", "request-required-acks"},
      {"request.timeout.ms", "request-timeout-ms"},
      {"retries", "message-send-max-retries"},
      {"retry.backoff.ms", "retry-backoff-ms"},
      {"send.buffer.bytes", "socket-buffer-size"},
      {"buffer.memory", "max-memory-bytes"},
      {"batch.size", "max-partition-memory-bytes"},
      {"metadata.max.age.ms", "metadata-expiry-ms"},
      {"max.block.ms", "max-block-ms"},
  };
  for (const auto& [key, option] : merged) {
    if (options.has(option) || properties->find(key) == properties->end()) {
      (*properties)[std::string(key)] = options.text(option);
    }
  }
  return properties;
}

}  // namespace samsa::tools
