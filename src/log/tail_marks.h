#pragma once
// Where the last appends began, so that readers at the log's end, and the bound that the high
// watermark sets, need neither an index nor a look into the file. Not synchronised: the log's mutex
// guards it.

#include <algorithm>
#include <array>
#include <optional>

#include "base/types.h"

namespace samsa::log {

class TailMarks {
 public:
  struct Mark {
    Offset offset;
    Offset segment_base;
    int64_t position = 0;
  };
  // The offset grows from call to call.
  void add(const Mark& mark) { marks_[count_++ % k_kept] = mark; }
  std::optional<Mark> find(Offset offset) const {
    for (size_t back = 1; back <= std::min(count_, k_kept); ++back) {
      const Mark& mark = marks_[(count_ - back) % k_kept];
      if (mark.offset == offset) return mark;
      if (mark.offset < offset) break;
    }
    return std::nullopt;
  }
  // After a truncation.
  void clear() { count_ = 0; }

 private:
  static constexpr size_t k_kept = 16;
  std::array<Mark, k_kept> marks_;
  size_t count_ = 0;
};

}  // namespace samsa::log
