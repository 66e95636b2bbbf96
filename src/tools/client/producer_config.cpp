#include <charconv>

#include "tools/client/producer.h"

namespace samsa::tools::client {

namespace {

// Reads numbers out of properties and remembers the first that is none.
class Reader {
 public:
  explicit Reader(const Properties& properties) : properties_(properties) {}

  const std::string* text(std::string_view key) const {
    auto found = properties_.find(key);
    return found == properties_.end() ? nullptr : &found->second;
  }
  int64_t number(std::string_view key, int64_t fallback, std::string_view type = "INT") {
    const std::string* found = text(key);
    if (found == nullptr) return fallback;
    int64_t value = 0;
    auto [end, error] = std::from_chars(found->data(), found->data() + found->size(), value);
    if (error == std::errc() && end == found->data() + found->size()) return value;
    fail("Invalid value " + *found + " for configuration " + std::string(key) +
         ": Not a number of type " + std::string(type));
    return fallback;
  }
  milliseconds time(std::string_view key, milliseconds fallback) {
    return milliseconds(number(key, fallback.count(), "LONG"));
  }
  void fail(std::string message) {
    if (!failure_) failure_ = Error{Errc::invalid_config, std::move(message)};
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  const Properties& properties_;
  std::optional<Error> failure_;
};

void read_acks(Reader& reader, ProducerConfig& config) {
  const std::string* acks = reader.text("acks");
  if (acks == nullptr) {
    if (config.idempotent) config.acks = -1;
    return;
  }
  if (*acks == "all" || *acks == "-1") {
    config.acks = -1;
  } else if (*acks == "0" || *acks == "1") {
    config.acks = static_cast<int16_t>(*acks == "1");
  } else {
    reader.fail("Invalid value " + *acks +
                " for configuration acks: String must be one of: all, -1, 0, 1");
  }
  if (config.idempotent && config.acks != -1) {
    reader.fail(
        "Must set acks to all in order to use the idempotent producer. "
        "Otherwise we cannot guarantee idempotence.");
  }
}

}  // namespace

Result<ProducerConfig> ProducerConfig::from(const Properties& properties) {
  Reader reader(properties);
  ProducerConfig config;
  const std::string* idempotence = reader.text("enable.idempotence");
  config.idempotent = idempotence != nullptr && *idempotence == "true";
  if (reader.text("transactional.id") != nullptr) {
    reader.fail("transactional.id is not supported by this tool");
  }
  read_acks(reader, config);
  config.linger = reader.time("linger.ms", config.linger);
  config.batch_size = static_cast<size_t>(reader.number("batch.size", 16'384));
  config.buffer_memory =
      static_cast<size_t>(reader.number("buffer.memory", 32 * 1024 * 1024, "LONG"));
  config.max_request_size = static_cast<size_t>(reader.number("max.request.size", 1'048'576));
  config.max_block = reader.time("max.block.ms", config.max_block);
  config.request_timeout = reader.time("request.timeout.ms", config.request_timeout);
  config.delivery_timeout = reader.time("delivery.timeout.ms", config.delivery_timeout);
  config.retry_backoff = reader.time("retry.backoff.ms", config.retry_backoff);
  config.metadata_max_age = reader.time("metadata.max.age.ms", config.metadata_max_age);
  config.retries = static_cast<int32_t>(reader.number("retries", INT32_MAX));
  config.max_in_flight =
      static_cast<size_t>(reader.number("max.in.flight.requests.per.connection", 5));
  if (const std::string* codec = reader.text("compression.type")) {
    auto known = record::codec_from_name(*codec);
    if (known) {
      config.codec = *known;
    } else {
      reader.fail("Unknown compression name: " + *codec);
    }
  }
  const bool own_timeout = reader.text("delivery.timeout.ms") != nullptr;
  if (config.delivery_timeout < config.linger + config.request_timeout) {
    if (own_timeout) {
      reader.fail(
          "delivery.timeout.ms should be equal to or larger than linger.ms + "
          "request.timeout.ms");
    }
    config.delivery_timeout = config.linger + config.request_timeout;
  }
  if (reader.failure()) return *reader.failure();
  return config;
}

}  // namespace samsa::tools::client
