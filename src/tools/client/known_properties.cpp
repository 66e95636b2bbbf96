#include "tools/client/known_properties.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "tools/cli/outcome.h"
#include "tools/refused.h"

namespace samsa::tools::client {

namespace {

// Which clients know a property.
constexpr int k_admin = 1, k_producer = 2, k_consumer = 4, k_all = 7;

enum class Kind { other, int32, int64, classes };

struct Known {
  std::string_view name;
  int roles = k_all;
  Kind kind = Kind::other;
  std::optional<int64_t> min;
};

// From the ConfigDef of AdminClientConfig, ProducerConfig and ConsumerConfig.
constexpr Known k_known[] = {
    {"bootstrap.servers"},
    {"client.dns.lookup"},
    {"client.id"},
    {"connections.max.idle.ms", k_all, Kind::int64, std::nullopt},
    {"metadata.max.age.ms", k_all, Kind::int64, 0},
    {"metric.reporters", k_all, Kind::classes, std::nullopt},
    {"metrics.num.samples", k_all, Kind::int32, 1},
    {"metrics.recording.level"},
    {"metrics.sample.window.ms", k_all, Kind::int64, 0},
    {"receive.buffer.bytes", k_all, Kind::int32, -1},
    {"reconnect.backoff.max.ms", k_all, Kind::int64, 0},
    {"reconnect.backoff.ms", k_all, Kind::int64, 0},
    {"request.timeout.ms", k_all, Kind::int32, 0},
    {"retry.backoff.ms", k_all, Kind::int64, 0},
    {"security.protocol"},
    {"security.providers"},
    {"send.buffer.bytes", k_all, Kind::int32, -1},
    {"socket.connection.setup.timeout.max.ms", k_all, Kind::int64, std::nullopt},
    {"socket.connection.setup.timeout.ms", k_all, Kind::int64, std::nullopt},
    {"default.api.timeout.ms", k_admin | k_consumer, Kind::int32, 0},
    {"retries", k_admin | k_producer, Kind::int32, 0},
    {"interceptor.classes", k_producer | k_consumer, Kind::classes, std::nullopt},
    {"acks", k_producer},
    {"batch.size", k_producer, Kind::int32, 0},
    {"buffer.memory", k_producer, Kind::int64, 0},
    {"compression.type", k_producer},
    {"delivery.timeout.ms", k_producer, Kind::int32, 0},
    {"enable.idempotence", k_producer},
    {"key.serializer", k_producer},
    {"linger.ms", k_producer, Kind::int64, 0},
    {"max.block.ms", k_producer, Kind::int64, 0},
    {"max.in.flight.requests.per.connection", k_producer, Kind::int32, 1},
    {"max.request.size", k_producer, Kind::int32, 0},
    {"metadata.max.idle.ms", k_producer, Kind::int64, 5000},
    {"partitioner.class", k_producer},
    {"transaction.timeout.ms", k_producer, Kind::int32, std::nullopt},
    {"transactional.id", k_producer},
    {"value.serializer", k_producer},
    {"allow.auto.create.topics", k_consumer},
    {"auto.commit.interval.ms", k_consumer, Kind::int32, 0},
    {"auto.offset.reset", k_consumer},
    {"check.crcs", k_consumer},
    {"client.rack", k_consumer},
    {"enable.auto.commit", k_consumer},
    {"exclude.internal.topics", k_consumer},
    {"fetch.max.bytes", k_consumer, Kind::int32, 0},
    {"fetch.max.wait.ms", k_consumer, Kind::int32, 0},
    {"fetch.min.bytes", k_consumer, Kind::int32, 0},
    {"group.id", k_consumer},
    {"group.instance.id", k_consumer},
    {"heartbeat.interval.ms", k_consumer, Kind::int32, std::nullopt},
    {"isolation.level", k_consumer},
    {"key.deserializer", k_consumer},
    {"max.partition.fetch.bytes", k_consumer, Kind::int32, 0},
    {"max.poll.interval.ms", k_consumer, Kind::int32, 1},
    {"max.poll.records", k_consumer, Kind::int32, 1},
    {"partition.assignment.strategy", k_consumer, Kind::classes, std::nullopt},
    {"session.timeout.ms", k_consumer, Kind::int32, std::nullopt},
    {"value.deserializer", k_consumer},
};

constexpr std::string_view k_producer_classes = "org.apache.kafka.clients.producer.";
constexpr std::string_view k_consumer_classes = "org.apache.kafka.clients.consumer.";
// Classes that do here what they do in Java.
constexpr std::string_view k_reporter = "org.apache.kafka.common.metrics.JmxReporter";
constexpr std::string_view k_range = "org.apache.kafka.clients.consumer.RangeAssignor";
constexpr std::string_view k_partitioner =
    "org.apache.kafka.clients.producer.internals.DefaultPartitioner";

int number_of(std::string_view role) {
  if (role == "AdminClient") return k_admin;
  return role == "Producer" ? k_producer : k_consumer;
}

Error invalid(std::string_view name, const std::string& value, const std::string& why) {
  return {Errc::invalid_config,
          "Invalid value " + value + " for configuration " + std::string(name) + ": " + why};
}

template <class Int>
Result<void> check_number(const Known& known, const std::string& text) {
  Int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return invalid(known.name, text,
                   std::string("Not a number of type ") + (sizeof(Int) > 4 ? "LONG" : "INT"));
  }
  if (known.min && value < *known.min) {
    return invalid(known.name, text, "Value must be at least " + std::to_string(*known.min));
  }
  return ok();
}

Result<void> check_classes(const Known& known, std::string_view list) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    const bool ours = (known.name == "metric.reporters" && one == k_reporter) ||
                      (known.name == "partition.assignment.strategy" && one == k_range);
    if (one.empty() || ours) continue;
    if (one.starts_with(k_consumer_classes) && one.ends_with("Assignor")) {
      return invalid(known.name, std::string(one), "this tool has only " + std::string(k_range));
    }
    return Error{k_kafka, std::string(one) + " ClassNotFoundException exception occurred"};
  }
  return ok();
}

Result<void> check_partitioner(const Known& known, const std::string& name) {
  if (name == k_partitioner) return ok();
  const bool in_kafka = name.starts_with(k_producer_classes) && name.ends_with("Partitioner");
  return invalid(known.name, name,
                 in_kafka ? "this tool has only " + std::string(k_partitioner)
                          : "Class " + name + " could not be found.");
}

}  // namespace

Result<void> check_properties(const Properties& properties, std::string_view role) {
  for (const Known& known : k_known) {
    const auto found = properties.find(known.name);
    if ((known.roles & number_of(role)) == 0 || found == properties.end()) continue;
    Result<void> checked = ok();
    if (known.kind == Kind::int32) checked = check_number<int32_t>(known, found->second);
    if (known.kind == Kind::int64) checked = check_number<int64_t>(known, found->second);
    if (known.kind == Kind::classes) checked = check_classes(known, found->second);
    if (known.name == "partitioner.class") checked = check_partitioner(known, found->second);
    if (!checked) return checked;
  }
  return ok();
}

void warn_of_unknown_properties(const Properties& properties, std::string_view role) {
  const std::string logger =
      role == "AdminClient" ? "org.apache.kafka.clients.admin.AdminClientConfig"
      : role == "Producer"  ? std::string(k_producer_classes) + "ProducerConfig"
                            : std::string(k_consumer_classes) + "ConsumerConfig";
  for (const auto& [name, value] : properties) {
    const bool known = std::ranges::any_of(k_known, [&](const Known& one) {
      return one.name == name && (one.roles & number_of(role)) != 0;
    });
    if (known || name.starts_with("ssl.") || name.starts_with("sasl.")) continue;
    cli::log_line("WARN", "The configuration '" + name + "' was supplied but isn't a known config.",
                  logger);
  }
}

}  // namespace samsa::tools::client
