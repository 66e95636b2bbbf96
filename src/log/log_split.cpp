// Segments whose offsets reach too far from their base for an index: compactions of Kafka
// before 1.1 (KAFKA-6264) could join segments so. Found when one is recovered.

#include <glog/logging.h>
#include <unistd.h>

#include "log/log_state.h"

namespace samsa::log {
namespace {

// What one segment is split into. Unfinished files are garbage for the next start.
class Parts {
 public:
  Parts(Segment::Place place, int32_t index_interval)
      : place_(std::move(place)), index_interval_(index_interval) {}

  Result<void> add(record::BatchView batch) {
    const bool is_first = parts_.empty();
    if (is_first || !Segment::fits(batch.last_offset(), parts_.back()->base())) {
      // The first keeps the name of the one that it replaces, where that is near enough: a start
      // after a crash then finds what was replaced.
      if (!is_first || !Segment::fits(batch.last_offset(), place_.base))
        place_.base = std::max(batch.base_offset(), end_);
      auto part = Segment::create(place_, FileStage::cleaned);
      if (!part) return part.error();
      parts_.push_back(std::move(*part));
    }
    end_ = batch.next_offset();
    return parts_.back()->append_batches(batch.bytes(), index_interval_);
  }

  Result<void> finish(const Segment& original) {
    for (const auto& part : parts_) {
      if (auto r = part->seal(); !r) return r;
      if (auto r = part->sync(); !r) return r;
      if (auto r = part->set_modified_as(original); !r) return r;
    }
    return ok();
  }

  // From the last on: a start that finds one that is not renamed yet takes none.
  Result<void> rename_to(FileStage stage) {
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part)
      if (auto r = (*part)->rename_to(stage); !r) return r;
    return ok();
  }

  // They are made anew when the parts are loaded, and with them the index of aborted transactions,
  // which takes the producers' state to make.
  void remove_indexes(const LogFolder& folder) const {
    for (const auto& part : parts_)
      for (const char* suffix : {k_offset_index_suffix, k_time_index_suffix})
        ::unlink(folder.path_of(file_name(part->base(), suffix)).c_str());
  }

  size_t count() const { return parts_.size(); }

 private:
  Segment::Place place_;
  const int32_t index_interval_;
  std::vector<std::shared_ptr<Segment>> parts_;
  Offset end_{0};
};

}  // namespace

Result<void> Log::State::split(Segment& overflowed) {
  Parts parts{segment_place(overflowed.base()), config.index_interval_bytes};
  auto copied =
      overflowed.scan(0, overflowed.size(), [&](record::BatchView batch, int64_t) -> Result<bool> {
        if (auto r = parts.add(batch); !r) return r.error();
        return true;
      });
  if (!copied) return copied;
  if (auto r = parts.finish(overflowed); !r) return r;
  if (auto r = parts.rename_to(FileStage::swap); !r) return r;
  if (auto r = folder->sync(); !r) return r;
  if (auto r = overflowed.rename_to(FileStage::deleted); !r) return r;
  if (auto r = parts.rename_to(FileStage::live); !r) return r;
  parts.remove_indexes(*folder);
  LOG(WARNING) << "Split " << overflowed.path().string() << ", whose offsets reach too far, into "
               << parts.count() << " segments";
  overflowed.remove_files();
  return folder->sync();
}

}  // namespace samsa::log
