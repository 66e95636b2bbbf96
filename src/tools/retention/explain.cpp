#include "tools/retention/explain.h"

#include <algorithm>
#include <cstdio>

namespace samsa::tools {

namespace {

using log::Fate;

constexpr const char* k_next_look = "at the next look";

log::LogConfig rules_of(const config::TopicConfig& topic) {
  log::LogConfig rules;
  rules.cleanup_delete = topic.deletes();
  rules.retention_ms = topic.retention_ms;
  rules.retention_bytes = topic.retention_bytes;
  return rules;
}

std::string setting(std::string_view name, int64_t value, const std::string& readable) {
  return std::string(name) + '=' + std::to_string(value) + " (" + readable + ')';
}
std::string retention_ms(const config::TopicConfig& config) {
  return setting("retention.ms", config.retention_ms, duration_text(config.retention_ms));
}
std::string retention_bytes(const config::TopicConfig& config) {
  return setting("retention.bytes", config.retention_bytes, size_text(config.retention_bytes));
}

// A log with all that is asked of it again and again.
class Explainer {
 public:
  Explainer(const LogLook& look, const config::TopicConfig& config, int64_t now_ms)
      : look_(look), config_(config), rules_(rules_of(config)), now_ms_(now_ms) {
    const auto& first = look.segments.front();
    oldest_ = {.size = first.size,
               .is_active = look.segments.size() == 1,
               .next = look.segments.size() == 1 ? look.log_end : look.segments[1].base,
               .largest_timestamp_ms = first.largest_timestamp_ms};
    // A log that no checkpoint knows yet has just been made.
    extent_ = {.bytes = look.bytes(),
               .start = look.log_start,
               .high_watermark = look.high_watermark.value_or(look.log_end)};
  }

  Explanation explain() const {
    const Fate fate = log::fate_of(oldest_, extent_, rules_, now_ms_);
    switch (fate) {
      case Fate::goes_below_start:
        return {fate, k_next_look,
                "its records were deleted: the log starts at " +
                    std::to_string(look_.log_start.value())};
      case Fate::goes_by_size:
        return {fate, k_next_look,
                "without it " + size_text(extent_.bytes - oldest_.size) +
                    " are left, not less than " + retention_bytes(config_)};
      case Fate::goes_by_age:
        return {fate, k_next_look,
                "its newest record is " + duration_text(now_ms_ - stamp()) + " old, more than " +
                    retention_ms(config_)};
      case Fate::stays_unreplicated:
        return {fate, "-", unreplicated()};
      case Fate::stays_empty:
        return {fate, "-", "it is empty"};
      case Fate::stays_undeleted:
        return {fate, "-", compacted()};
      case Fate::stays_for_good:
        return {fate, "-", "neither retention.ms nor retention.bytes bounds the log: both are -1"};
      case Fate::stays_within_size:
        return {fate, when_by_size(), "retention.ms is -1; " + within_size()};
      case Fate::stays_young:
      case Fate::needs_timestamp:
        break;
    }
    return {fate, when_by_age(), young()};
  }

 private:
  int64_t stamp() const { return oldest_.largest_timestamp_ms.value_or(now_ms_); }
  bool is_from_the_future() const { return stamp() > now_ms_; }

  std::string unreplicated() const {
    return "it ends at " + std::to_string(oldest_.next.value()) + ", above the high watermark of " +
           std::to_string(extent_.high_watermark.value()) +
           " (as noted within the last seconds): what is not on all in-sync replicas stays";
  }

  std::string when_by_size() const {
    return "after " + size_text(*log::bytes_until_due(oldest_, extent_, rules_)) + " more";
  }

  std::string within_size() const {
    std::string text = size_text(extent_.bytes) + " are kept by " + retention_bytes(config_);
    // What puzzles most: a bound that is exceeded and yet nothing goes.
    if (extent_.bytes > config_.retention_bytes)
      text += ", as a segment goes as a whole, once what remains is not less";
    if (oldest_.is_active) text += "; the active segment does not go by size: see segment.bytes";
    return text;
  }

  std::string when_by_age() const {
    const auto due_ms = log::due_by_age_ms(oldest_, rules_);
    if (!due_ms) return "-";
    constexpr int64_t k_far_ms = 365LL * 24 * 60 * 60 * 1000;
    std::string text = "in " + duration_text(*due_ms - now_ms_);
    if (*due_ms - now_ms_ > k_far_ms) text += " (" + time_text(*due_ms) + ')';
    return text;
  }

  std::string young() const {
    std::string text;
    if (is_from_the_future()) {
      text = "its newest record is dated " + time_text(stamp()) +
             ", which is to come (a producer's clock), and age counts from there: " +
             retention_ms(config_) + behind() +
             "; retention.bytes or kafka-delete-records.sh remove it earlier, "
             "message.timestamp.difference.max.ms refuses such records";
    } else {
      text =
          (is_file_age() ? "its records tell no time, and its file is " : "its newest record is ") +
          duration_text(now_ms_ - stamp()) + " old, not more than " + retention_ms(config_) +
          behind();
    }
    if (oldest_.is_active)
      text += "; it is the active segment, so that newer records keep it until it is full: " +
              setting("segment.ms", config_.segment_ms, duration_text(config_.segment_ms)) + ", " +
              setting("segment.bytes", config_.segment_bytes, size_text(config_.segment_bytes));
    if (config_.retention_bytes >= 0) text += "; " + within_size();
    return text;
  }

  bool is_file_age() const { return look_.is_file_age.front(); }

  // Segments that are old enough and wait for the first.
  std::string behind() const {
    const auto waiting = std::count_if(
        std::next(look_.segments.begin()), look_.segments.end(), [&](const log::SegmentFacts& one) {
          return now_ms_ - one.largest_timestamp_ms > config_.retention_ms;
        });
    if (waiting == 0) return {};
    return "; " + std::to_string(waiting) + " of the segments behind it are older and wait for it";
  }

  std::string compacted() const {
    std::string text =
        "cleanup.policy=compact: age and size do not count, the last record of each "
        "key stays";
    if (oldest_.is_active) return text + "; the active segment is not compacted";
    log::LogFacts facts{.segments = look_.segments,
                        .log_start = look_.log_start,
                        .log_end = look_.log_end,
                        .last_stable = extent_.high_watermark,
                        .first_dirty = look_.first_dirty,
                        .min_compaction_lag_ms = config_.min_compaction_lag_ms,
                        .max_compaction_lag_ms = config_.max_compaction_lag_ms};
    const log::Dirt dirt = log::dirt_of(facts, now_ms_);
    char ratio[64];
    std::snprintf(ratio, sizeof ratio, "; compacted up to %lld, %.0f %% dirty",
                  static_cast<long long>(dirt.first_dirty.value()), dirt.ratio() * 100);
    text += ratio;
    if (log::is_due(dirt, config_.min_cleanable_dirty_ratio))
      return text + ": the cleaner's turn is due";
    char bound[64];
    std::snprintf(bound, sizeof bound, ", not more than min.cleanable.dirty.ratio=%g",
                  config_.min_cleanable_dirty_ratio);
    return text + bound;
  }

  const LogLook& look_;
  const config::TopicConfig& config_;
  const log::LogConfig rules_;
  const int64_t now_ms_;
  log::OldestSegment oldest_;
  log::LogExtent extent_;
};

}  // namespace

Explanation explain_retention(const LogLook& look, const config::TopicConfig& config,
                              int64_t now_ms, bool has_cleaner) {
  if (config.compacts() && !has_cleaner)
    return {Fate::stays_undeleted, "-",
            "log.cleaner.enable=false: without a cleaner a log whose cleanup.policy has compact is "
            "left as it is"};
  return Explainer(look, config, now_ms).explain();
}

}  // namespace samsa::tools
