#include "replica/align.h"

#include <algorithm>

namespace samsa::replica {

Result<void> align(log::Log& copy, const log::Log& log) {
  while (const auto epoch = copy.latest_epoch()) {
    const auto end = log.end_offset_for_epoch(*epoch);
    if (!end) return copy.truncate_fully_and_start_at(log.log_start_offset());
    Offset common = end->end_offset;
    if (end->epoch != *epoch)
      if (const auto own = copy.end_offset_for_epoch(end->epoch))
        common = std::min(common, own->end_offset);
    if (common >= copy.log_end_offset()) break;
    if (auto cut = copy.truncate_to(common); !cut) return cut.error();
  }
  if (copy.log_end_offset() > log.log_end_offset())
    if (auto cut = copy.truncate_to(log.log_end_offset()); !cut) return cut.error();
  if (copy.log_end_offset() < log.log_start_offset())
    return copy.truncate_fully_and_start_at(log.log_start_offset());
  return ok();
}

}  // namespace samsa::replica
