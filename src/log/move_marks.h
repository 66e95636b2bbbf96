#pragma once
// What a move between directories leaves in both folders of a log before the one takes the place of
// the other, so that the start after a crash can tell two logs of one name apart: the same words,
// which no other move uses.

#include <filesystem>

#include "base/errc.h"

namespace samsa::log {

// Synced. The copy's folder still has its name of its own, of which the words are made.
Result<void> mark_move(const std::filesystem::path& former, const std::filesystem::path& copy);
// Takes back what mark_move() left in the folder, and syncs that; nothing to do where nothing is.
Result<void> unmark_move(const std::filesystem::path& log_dir);
// Whether another log was to take the place of this one.
bool was_moving_away(const std::filesystem::path& log_dir);
// Whether it was this one.
bool has_moved(const std::filesystem::path& former, const std::filesystem::path& now);

}  // namespace samsa::log
