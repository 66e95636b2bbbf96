#include "log/cleaner/cleaning.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>

#include "record/record.h"

namespace samsa::log {

Cleaning::Range Cleaning::range(Offset from, Offset below) const {
  const auto& all = view_.segments;
  if (from >= below) return {};
  const auto at = [](Offset offset, const auto& segment) { return offset < segment->base(); };
  auto first = std::upper_bound(all.begin(), all.end(), from, at);
  if (first != all.begin()) --first;
  const auto last = std::upper_bound(first, all.end(), below - 1, at);
  return {first, last};
}

// Full segments alone are cleaned, so that there is a next one.
Offset Cleaning::end_of(const std::shared_ptr<Segment>& segment) const {
  const auto next =
      std::upper_bound(view_.segments.begin(), view_.segments.end(), segment->base(),
                       [](Offset base, const auto& other) { return base < other->base(); });
  return next == view_.segments.end() ? view_.log_end : (*next)->base();
}

Result<std::vector<AbortedTransaction>> Cleaning::aborted_in(Offset from, Offset below) const {
  std::vector<AbortedTransaction> aborted;
  for (const auto& segment : range(from, view_.log_end)) {
    auto complete = segment->collect_aborted(from, below, aborted);
    if (!complete) return log_.note(complete.error(), *segment);
    if (*complete) break;
  }
  return aborted;
}

bool Cleaning::spend(int64_t bytes) {
  untold_bytes_ += bytes;
  if (untold_bytes_ < static_cast<int64_t>(tools_.io_buffer_bytes)) return true;
  return tools_.go_on(std::exchange(untold_bytes_, 0)) && log_.may_go_on(view_);
}

Result<bool> Cleaning::read(const Segment& segment, int64_t position, const Visit& visit) {
  bool goes_on = true;
  int64_t end = position;
  auto scanned = segment.scan(
      position, segment.size(),
      [&](record::BatchView batch, int64_t at) -> Result<bool> {
        const auto size = static_cast<int64_t>(batch.size_in_bytes());
        end = at + size;
        auto visited = visit(batch);
        if (!visited) return visited;
        goes_on = *visited && spend(size);
        return goes_on;
      },
      tools_.io_buffer_bytes);
  if (!scanned && scanned.error().code == Errc::kafka_storage_error)
    return log_.note(scanned.error(), segment);
  if (!scanned) return scanned.error();
  if (!goes_on) return false;
  // Nobody writes to a full segment: what is not a batch there is damaged.
  if (end != segment.size())
    return Error{Errc::corrupt_message,
                 segment.path().string() + " holds no whole batch at " + std::to_string(end)};
  return true;
}

Result<bool> Cleaning::map_batch(record::BatchView batch, Offset from) {
  KeyMap& map = tools_.map;
  const auto limit = static_cast<double>(map.slots()) * tools_.load_factor;
  record::RecordReader reader{batch};
  for (;;) {
    auto record = reader.next();
    if (!record) return record.error();
    if (*record == nullptr) return true;
    if (!(*record)->key || (*record)->offset < from) continue;
    is_map_full_ = static_cast<double>(map.size()) >= std::trunc(limit) ||
                   !map.put(*(*record)->key, (*record)->offset);
    if (is_map_full_) return false;
  }
}

Result<bool> Cleaning::map_segment(const Segment& segment, Offset from,
                                   CleanedTransactions& transactions) {
  auto start = segment.find(from, segment.size());
  if (!start && start.error().code == Errc::kafka_storage_error)
    return log_.note(start.error(), segment);
  if (!start) return start.error();
  const int64_t position = *start ? (*start)->position : segment.size();
  stats_.mapped_bytes += segment.size() - position;
  return read(segment, position, [&](record::BatchView batch) -> Result<bool> {
    if (batch.is_control()) {
      if (auto r = transactions.on_control(batch); !r) return r;
    } else if (!transactions.on_data(batch)) {
      auto mapped = map_batch(batch, from);
      if (!mapped || !*mapped) return mapped;
    }
    if (batch.last_offset() >= from) tools_.map.set_latest_offset(batch.last_offset());
    return true;
  });
}

Result<bool> Cleaning::fill_map(const Dirt& dirt) {
  if (auto r = tools_.map.reset(); !r) return r.error();
  CleanedTransactions transactions;
  auto aborted = aborted_in(dirt.first_dirty, dirt.first_uncleanable);
  if (!aborted) return aborted.error();
  transactions.add_aborted(*aborted);
  for (const auto& segment : range(dirt.first_dirty, dirt.first_uncleanable)) {
    auto mapped = map_segment(*segment, dirt.first_dirty, transactions);
    if (!mapped) return mapped;
    // As much as there is room for; the next pass goes on from there.
    if (is_map_full_) return true;
    if (!*mapped) return false;
    tools_.map.set_latest_offset(end_of(segment) - 1);
  }
  return true;
}

// Tombstones and markers that everybody has had delete.retention.ms to see may go: counted from
// when the part that was cleaned before was written.
Result<int64_t> Cleaning::delete_horizon_ms(Offset first_dirty) const {
  const auto clean = range(Offset{0}, first_dirty);
  if (clean.empty()) return 0;
  auto modified = clean.back()->modified_ms();
  if (!modified) return log_.note(modified.error(), *clean.back());
  return *modified - view_.config.delete_retention_ms;
}

Result<bool> Cleaning::write_out(Segment& to, Bytes& out) {
  if (out.empty()) return true;
  const auto bytes = static_cast<int64_t>(out.size());
  auto written = to.append_batches(out, view_.config.index_interval_bytes);
  out.clear();
  if (!written && written.error().code == Errc::kafka_storage_error)
    return log_.note(written.error(), to);
  if (!written) return written.error();
  return spend(bytes);
}

Result<bool> Cleaning::clean_into(Segment& to, Range group, Offset round_end, int64_t horizon_ms) {
  const LastRecords last_records = log_.last_records();
  Bytes out;
  for (const auto& segment : group) {
    // Of all of the segment, though only a part may be mapped: the new one's index must tell of all
    // (KAFKA-13727).
    auto aborted = aborted_in(segment->base(), end_of(segment));
    if (!aborted) return aborted.error();
    transactions_.add_aborted(*aborted);
    auto modified = segment->modified_ms();
    if (!modified) return log_.note(modified.error(), *segment);
    const BatchFilter::Rules rules{.last_records = last_records,
                                   .keeps_deletes = *modified > horizon_ms,
                                   .round_end = round_end};
    auto cleaned = read(*segment, 0, [&](record::BatchView batch) -> Result<bool> {
      if (auto r = filter_.filter(batch, rules, out); !r) return r.error();
      return out.size() < tools_.io_buffer_bytes ? true : write_out(to, out);
    });
    if (!cleaned || !*cleaned) return cleaned;
    for (const auto& transaction : transactions_.take_retained())
      if (auto r = to.append_aborted(transaction); !r) return log_.note(r.error(), to);
  }
  return write_out(to, out);
}

Result<bool> Cleaning::finish(Segment& to, const Segment& last_of_group) {
  Result<void> finished = to.seal();
  // Retention and the next delete horizon go by the age of what is in it.
  if (finished) finished = to.set_modified_as(last_of_group);
  if (finished) finished = to.sync();
  if (!finished) return log_.note(finished.error(), to);
  return true;
}

Result<bool> Cleaning::clean_group(Range group, Offset round_end, int64_t horizon_ms) {
  auto made = log_.make_segment(group.front()->base());
  if (!made) return log_.note(made.error(), *group.front());
  const auto& to = *made;
  auto cleaned = clean_into(*to, group, round_end, horizon_ms);
  if (cleaned && *cleaned) cleaned = finish(*to, *group.back());
  if (!cleaned || !*cleaned) {
    to->remove_files();
    return cleaned;
  }
  auto replaced = log_.replace(view_, {group.begin(), group.end()}, to);
  // After an error there may be no other segment with these records any more.
  if (replaced && !*replaced) to->remove_files();
  return replaced;
}

Result<std::optional<Offset>> Cleaning::run(const Dirt& dirt) {
  const std::optional<Offset> given_up;
  auto filled = fill_map(dirt);
  if (!filled) return filled.error();
  if (!*filled) return given_up;
  const Offset end = tools_.map.latest_offset() + 1;
  stats_.map_utilization = tools_.map.utilization();
  auto horizon = delete_horizon_ms(dirt.first_dirty);
  if (!horizon) return horizon.error();
  const Range all = range(Offset{0}, end);
  std::vector<SegmentFacts> sizes;
  for (const auto& segment : all) {
    auto one = CleanableLog::sizes_of(*segment);
    if (!one) return log_.note(one.error(), *segment);
    sizes.push_back(*one);
  }
  size_t first = 0;
  for (const size_t count :
       group_segments(sizes, view_.config.segment_bytes, view_.config.segment_index_bytes,
                      dirt.first_uncleanable)) {
    auto cleaned = clean_group(all.subspan(first, count), dirt.first_uncleanable, *horizon);
    if (!cleaned) return cleaned.error();
    if (!*cleaned) return given_up;
    first += count;
    ++stats_.segments_after;
  }
  stats_.segments_before = static_cast<int>(all.size());
  stats_.counts = filter_.counts();
  return std::optional{end};
}

}  // namespace samsa::log
