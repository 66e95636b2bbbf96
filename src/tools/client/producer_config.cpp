#include "tools/client/producer.h"
#include "tools/client/property_reader.h"

namespace samsa::tools::client {

namespace {

void read_acks(PropertyReader& reader, ProducerConfig& config) {
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
  PropertyReader reader(properties);
  ProducerConfig config;
  const std::string* idempotence = reader.text("enable.idempotence");
  config.idempotent = idempotence != nullptr && *idempotence == "true";
  if (reader.text("transactional.id") != nullptr) {
    reader.fail("transactional.id is not supported by this tool");
  }
  read_acks(reader, config);
  config.linger = reader.time("linger.ms", config.linger);
  config.batch_size = static_cast<size_t>(reader.number<int32_t>("batch.size", 16'384));
  config.buffer_memory =
      static_cast<size_t>(reader.number<int64_t>("buffer.memory", 32 * 1024 * 1024));
  config.max_request_size = static_cast<size_t>(reader.number("max.request.size", 1'048'576));
  config.max_block = reader.time("max.block.ms", config.max_block);
  config.request_timeout = reader.time("request.timeout.ms", config.request_timeout);
  config.delivery_timeout = reader.time("delivery.timeout.ms", config.delivery_timeout);
  config.retry_backoff = reader.time("retry.backoff.ms", config.retry_backoff);
  config.metadata_max_age = reader.time("metadata.max.age.ms", config.metadata_max_age);
  config.retries = reader.number<int32_t>("retries", INT32_MAX);
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
