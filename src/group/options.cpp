#include "group/options.h"

namespace samsa::group {

Options Options::from(BrokerId broker_id, const config::BrokerConfig& config) {
  const std::string_view inter_broker = config.inter_broker_version().version;
  return {.broker_id = broker_id,
          .limits = {.initial_rebalance_delay_ms = config.group_initial_rebalance_delay_ms,
                     .max_size = config.group_max_size},
          .min_session_timeout_ms = config.group_min_session_timeout_ms,
          .max_session_timeout_ms = config.group_max_session_timeout_ms,
          .max_metadata_length = config.offset_metadata_max_bytes,
          .load_buffer_bytes = config.offsets_load_buffer_size,
          .retention_ms = config.offsets_retention_ms(),
          .retention_check_interval_ms = config.offsets_retention_check_interval_ms,
          .codec = static_cast<record::Codec>(config.offsets_topic_compression_codec),
          .commit_acks = config.offsets_commit_required_acks,
          .commit_timeout_ms = config.offsets_commit_timeout_ms,
          .versions = value_versions(inter_broker),
          .static_members_allowed = config::is_at_least(inter_broker, "2.3-IV0")};
}

int32_t utf16_length(std::string_view utf8) {
  int32_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<uint8_t>(c);
    const bool continues = (byte & 0xc0) == 0x80;
    const bool leads_pair = byte >= 0xf0;
    units += continues ? 0 : (leads_pair ? 2 : 1);
  }
  return units;
}

}  // namespace samsa::group
