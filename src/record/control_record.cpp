#include <glog/logging.h>

#include "record/builder.h"
#include "record/record.h"
#include "record/record_errors.h"

namespace samsa::record {
namespace {

constexpr int16_t k_version = 0;
constexpr size_t k_key_size = 4;
constexpr size_t k_marker_value_size = 6;

Error too_short(std::string_view what, size_t needed, size_t found) {
  return invalid_record("Invalid value size found for " + std::string(what) +
                        ". Must have at least " + std::to_string(needed) +
                        " bytes, but found only " + std::to_string(found));
}

Error bad_version(std::string_view what, int16_t version) {
  return invalid_record("Invalid version found for " + std::string(what) + ": " +
                        std::to_string(version) + ". May indicate data corruption");
}

}  // namespace

Result<ControlType> parse_control_key(BytesView key) {
  if (key.size() < k_key_size) return too_short("end control record key", k_key_size, key.size());
  const auto version = load_be<int16_t>(key.data());
  if (version < 0) return bad_version("control record", version);
  // Later versions are read like this one: what they add comes after.
  const auto type = load_be<int16_t>(key.data() + 2);
  if (type < 0 || type > static_cast<int16_t>(ControlType::leader_change)) {
    return ControlType::unknown;
  }
  return static_cast<ControlType>(type);
}

Result<std::optional<EndTransactionMarker>> parse_end_transaction_marker(const Record& record) {
  auto type = parse_control_key(record.key.value_or(BytesView{}));
  if (!type) return type.error();
  if (*type != ControlType::abort && *type != ControlType::commit) {
    return std::optional<EndTransactionMarker>{};
  }
  const BytesView value = record.value.value_or(BytesView{});
  if (value.size() < k_marker_value_size) {
    return too_short("end transaction marker", k_marker_value_size, value.size());
  }
  const auto version = load_be<int16_t>(value.data());
  if (version < 0) return bad_version("end transaction marker", version);
  return std::optional(EndTransactionMarker{*type, load_be<int32_t>(value.data() + 2)});
}

Bytes encode_control_key(ControlType type) {
  CHECK(type != ControlType::unknown);
  Bytes key;
  append_be(key, k_version);
  append_be(key, static_cast<int16_t>(type));
  return key;
}

Bytes encode_end_transaction_value(int32_t coordinator_epoch) {
  Bytes value;
  append_be(value, k_version);
  append_be(value, coordinator_epoch);
  return value;
}

Bytes end_transaction_batch(const MarkerFields& fields, EndTransactionMarker marker) {
  CHECK(marker.type == ControlType::abort || marker.type == ControlType::commit);
  BatchBuilder builder{{.base_offset = fields.offset,
                        .producer_id = fields.producer_id,
                        .producer_epoch = fields.producer_epoch,
                        .transactional = true,
                        .control = true,
                        .leader_epoch = fields.leader_epoch}};
  builder.append(fields.timestamp_ms, encode_control_key(marker.type),
                 encode_end_transaction_value(marker.coordinator_epoch));
  auto built = builder.build();
  CHECK(built) << built.error();
  return std::move(*built);
}

}  // namespace samsa::record
