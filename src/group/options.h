#pragma once
// What the group coordinator takes from the broker's settings. None of them changes while a broker
// runs.

#include "config/broker_config.h"
#include "group/core/group.h"
#include "record/codec.h"

namespace samsa::group {

struct Options {
  BrokerId broker_id;
  Limits limits;
  int32_t min_session_timeout_ms = 6000;
  int32_t max_session_timeout_ms = 1'800'000;
  // UTF-16 units, as Java counts.
  int32_t max_metadata_length = 4096;
  int32_t load_buffer_bytes = 5 * 1024 * 1024;
  int64_t retention_ms = 7LL * 24 * 60 * 60 * 1000;
  int64_t retention_check_interval_ms = 600'000;
  record::Codec codec = record::Codec::none;
  int16_t commit_acks = -1;
  int32_t commit_timeout_ms = 5000;
  ValueVersions versions;
  // Static members only where every broker of the cluster understands their records (KIP-345).
  bool static_members_allowed = true;

  static Options from(BrokerId broker_id, const config::BrokerConfig& config);
};

// As Java counts the length of a string.
int32_t utf16_length(std::string_view utf8);

}  // namespace samsa::group
