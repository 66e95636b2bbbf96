#include "log/cleaner/cleaner.h"

#include <glog/logging.h>

#include <algorithm>

namespace samsa::log {

Cleaner::Cleaner(CleanerOptions options, CleanerHooks hooks)
    : options_(options), running_(options), hooks_(std::move(hooks)) {}

Cleaner::~Cleaner() { stop(); }

void Cleaner::start() {
  supervisor_ = std::thread([this] { supervise(); });
}

void Cleaner::stop() {
  {
    std::scoped_lock hold(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  if (supervisor_.joinable()) supervisor_.join();
}

void Cleaner::reconfigure(const CleanerOptions& options) {
  {
    std::scoped_lock hold(mutex_);
    options_ = options;
  }
  wake_.notify_all();
}

void Cleaner::supervise() {
  std::unique_lock hold(mutex_);
  while (!is_stopping_) {
    running_ = options_;
    Throttle throttle{running_.io_max_bytes_per_second};
    std::vector<std::thread> threads;
    for (int i = 0; i < running_.threads; ++i)
      threads.emplace_back([this, i, &throttle] { run(i, throttle); });
    wake_.wait(hold, [this] { return must_end(); });
    hold.unlock();
    for (auto& thread : threads) thread.join();
    hold.lock();
  }
}

bool Cleaner::rest(milliseconds time, const std::function<bool()>& go_on) {
  constexpr milliseconds k_look{100};
  const auto until = std::chrono::steady_clock::now() + time;
  std::unique_lock hold(mutex_);
  for (;;) {
    if (must_end()) return false;
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) return true;
    hold.unlock();
    if (!go_on()) return false;
    hold.lock();
    wake_.wait_for(hold, std::min<std::chrono::steady_clock::duration>(left, k_look),
                   [this] { return must_end(); });
  }
}

void Cleaner::run(int number, Throttle& throttle) {
  constexpr int64_t k_most_bytes = INT32_MAX;
  constexpr int64_t k_longest_pause_ms = 24 * 60 * 60 * 1000;
  KeyMap map{
      static_cast<size_t>(std::min(running_.dedupe_buffer_bytes / running_.threads, k_most_bytes))};
  for (;;) {
    const bool cleaned = clean_dirtiest(number, map, throttle);
    map.release();
    delete_expired();
    std::unique_lock hold(mutex_);
    const milliseconds pause{cleaned ? 0 : std::min(running_.backoff_ms, k_longest_pause_ms)};
    if (wake_.wait_for(hold, pause, [this] { return must_end(); })) return;
  }
}

bool Cleaner::clean_dirtiest(int number, KeyMap& map, Throttle& throttle) {
  auto chosen = choose();
  if (!chosen) return false;
  try {
    clean(number, *chosen, map, throttle);
  } catch (const std::exception& error) {  // of memory, for one: the others are to be cleaned on
    give_up_for_good(chosen->log, {Errc::unknown_server_error, error.what()});
  }
  return true;
}

void Cleaner::give_up_for_good(CleanableLog& log, const Error& why) {
  log.mark_uncleanable();
  LOG(WARNING) << "The log of " << log.log().tp() << " can't be cleaned and counts as uncleanable "
               << "until the broker starts again: " << why;
}

std::optional<Cleaner::Chosen> Cleaner::choose() {
  std::scoped_lock hold(choice_mutex_);
  std::optional<Chosen> dirtiest;
  bool was_reset = false;
  for (const auto& log : hooks_.logs()) {
    auto one = look_at(log);
    if (!one) continue;
    was_reset = was_reset || one->dirt.was_reset;
    if (!is_due(one->dirt, one->view.config.min_cleanable_dirty_ratio)) continue;
    if (!dirtiest || one->dirt.ratio() > dirtiest->dirt.ratio()) dirtiest = std::move(one);
  }
  if (was_reset) hooks_.write_checkpoint();
  return dirtiest;
}

std::optional<Cleaner::Chosen> Cleaner::look_at(const std::shared_ptr<Log>& log) {
  auto claimed = CleanableLog::claim(log);
  if (!claimed) return std::nullopt;
  auto view = claimed->view();
  auto facts = CleanableLog::facts_of(view);
  if (!facts) {
    const Error error = claimed->note(facts.error(), *view.segments.back());
    if (error.code != Errc::kafka_storage_error) give_up_for_good(*claimed, error);
    return std::nullopt;
  }
  const Dirt dirt = dirt_of(*facts, hooks_.clock->wall_ms());
  if (dirt.was_reset) {
    // Retention has taken what was cleaned, which is nothing to wonder about where it may.
    if (!view.config.cleanup_delete)
      LOG(WARNING) << "The cleaner begins with " << log->tp() << " at its start again, "
                   << dirt.first_dirty << ", because its last position, "
                   << view.first_dirty.value_or(k_no_offset) << ", is outside of the log";
    claimed->set_first_dirty(view, dirt.first_dirty);
  }
  return Chosen{std::move(*claimed), std::move(view), dirt};
}

void Cleaner::clean(int number, Chosen& chosen, KeyMap& map, Throttle& throttle) {
  const auto began = std::chrono::steady_clock::now();
  const TopicPartition tp = chosen.log.log().tp();
  Cleaning cleaning{
      chosen.log,
      chosen.view,
      {.map = map,
       .load_factor = running_.load_factor,
       .io_buffer_bytes = static_cast<size_t>(running_.io_buffer_bytes / running_.threads / 2),
       .go_on = [&](int64_t bytes) {
         return rest(throttle.spend(bytes, std::chrono::steady_clock::now()),
                     [&] { return chosen.log.may_go_on(chosen.view); });
       }}};
  auto end = cleaning.run(chosen.dirt);
  if (!end && end.error().code != Errc::kafka_storage_error) {
    give_up_for_good(chosen.log, end.error());
    return;
  }
  if (!end) {
    LOG(WARNING) << "Cleaning " << tp << " has failed: " << end.error();
    return;
  }
  if (!*end) {
    LOG(INFO) << "Cleaning " << tp << " was given up";
    return;
  }
  chosen.log.set_first_dirty(chosen.view, **end);
  hooks_.write_checkpoint();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto& [counts, mapped, utilization, before, after] = cleaning.stats();
  LOG(INFO) << "Log cleaner thread " << number << " cleaned log " << tp << " (dirty section = ["
            << chosen.dirt.first_dirty << ", " << **end << "]) in " << took.count()
            << " s: " << counts.bytes_read << " bytes and " << counts.records_read << " records in "
            << before << " segments became " << counts.bytes_kept << " and " << counts.records_kept
            << " in " << after << "; the offset map was " << utilization * 100 << " % full";
  if (counts.records_without_key > 0)
    LOG(WARNING) << "Cleaning " << tp << " has removed " << counts.records_without_key
                 << " records without a key";
}

void Cleaner::delete_expired() {
  for (const auto& log : hooks_.logs()) {
    const auto claimed = CleanableLog::claim(log);
    if (!claimed) continue;
    auto deleted = log->delete_old_segments();
    if (!deleted)
      LOG(WARNING) << "Expired segments of " << log->tp()
                   << " can't be deleted: " << deleted.error();
  }
}

}  // namespace samsa::log
