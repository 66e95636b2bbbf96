// Opening, recovery and closing.

#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

#include <charconv>

#include "log/log_state.h"

namespace samsa::log {
namespace fs = std::filesystem;
namespace {

std::optional<Offset> base_of(const fs::path& path, std::string_view extension) {
  const std::string name = path.filename().string();
  if (name.size() != 20 + extension.size() || !name.ends_with(extension)) return std::nullopt;
  int64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + 20, base);
  if (error != std::errc{} || end != name.data() + 20 || base < 0) return std::nullopt;
  return Offset{base};
}

Result<std::vector<Offset>> bases_in(const fs::path& dir, std::string_view extension) {
  std::vector<Offset> bases;
  std::error_code failure;
  for (fs::directory_iterator at{dir, failure}, end; !failure && at != end; at.increment(failure))
    if (auto base = base_of(at->path(), extension)) bases.push_back(*base);
  if (failure) return storage_error("list", dir, failure.value());
  std::sort(bases.begin(), bases.end());
  return bases;
}

void remove_leftovers(const fs::path& dir) {
  std::error_code failure;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator at{dir, failure}, end; !failure && at != end; at.increment(failure)) {
    const auto extension = at->path().extension();
    if (extension == ".deleted" || extension == ".cleaned") leftovers.push_back(at->path());
  }
  for (const auto& path : leftovers) fs::remove(path, failure);
}

}  // namespace

Error Log::State::fail(Error error) {
  if (error.code == Errc::kafka_storage_error && !failure) failure = error;
  return error;
}

void Log::State::report() {
  std::optional<Error> due;
  {
    std::scoped_lock hold(mutex);
    if (failure && !std::exchange(reported, true)) due = failure;
  }
  if (due && hooks.on_storage_failure) hooks.on_storage_failure(*due);
}

Result<void> Log::State::usable() const {
  if (failure) return Error{Errc::kafka_storage_error, failure->message};
  if (closed)
    return Error{Errc::kafka_storage_error,
                 "The log for partition " + place.tp.to_string() + " is closed"};
  return ok();
}

Result<void> Log::State::add_segment(Offset base) {
  auto segment = Segment::open(place.dir, base, hooks.clock->wall_ms());
  if (!segment) return segment.error();
  segments[base] = std::move(*segment);
  directory_dirty = true;
  written_back = old_enough_for_write_back = 0;
  return ok();
}

Result<void> Log::State::load_segment(Offset base, bool& cut) {
  if (auto r = add_segment(base); !r) return r;
  Segment& segment = *segments[base];
  const auto indexes = segment.load_indexes();
  if (indexes && place.had_clean_shutdown) return ok();
  if (!indexes) {
    LOG(WARNING) << "Rebuilding the indexes of " << (place.dir / file_name(base, ".log")).string()
                 << ": " << indexes.error();
  }
  auto lost = segment.recover(config.index_interval_bytes);
  if (!lost) return lost.error();
  if (*lost > 0) {
    cut = true;
    LOG(WARNING) << "Cut " << *lost << " bytes of no whole batch from the end of "
                 << (place.dir / file_name(base, ".log")).string();
  }
  return ok();
}

Result<void> Log::State::load() {
  std::error_code failed;
  const bool is_new = fs::create_directories(place.dir, failed);
  if (failed) return storage_error("create", place.dir, failed.value());
  log_start = place.log_start_offset;
  recovery_point = place.recovery_point;
  last_flush_ms = hooks.clock->wall_ms();
  auto epochs_loaded = EpochCache::load(place.dir);
  if (!epochs_loaded) return epochs_loaded.error();
  epochs = std::move(*epochs_loaded);
  if (is_new) {
    high_watermark = log_end = recovery_point = log_start;
    return add_segment(log_start);
  }
  remove_leftovers(place.dir);
  auto bases = bases_in(place.dir, ".log");
  if (!bases) return bases.error();
  for (size_t i = 0; i < bases->size(); ++i) {
    const bool below_recovery_point =
        i + 1 < bases->size() && (*bases)[i + 1] <= place.recovery_point;
    bool cut = false;
    const bool clean = place.had_clean_shutdown;
    place.had_clean_shutdown = clean || below_recovery_point;
    auto loaded = load_segment((*bases)[i], cut);
    place.had_clean_shutdown = clean;
    if (!loaded) return loaded;
    if (!cut) continue;
    for (size_t later = i + 1; later < bases->size(); ++later) {
      const auto path = place.dir / file_name((*bases)[later], ".log");
      LOG(WARNING) << "Removing " << path.string() << ", which follows a gap";
      for (const char* suffix : {".log", ".index", ".timeindex", ".txnindex"})
        fs::remove(place.dir / file_name((*bases)[later], suffix), failed);
    }
    break;
  }
  if (segments.empty()) {
    if (auto r = add_segment(log_start); !r) return r;
  }
  Segment& last = active();
  log_end = last.base();
  auto found = last.find(last.base(), last.size());
  if (!found) return found.error();
  auto scanned = last.scan(0, last.size(), [&](record::BatchView b, int64_t) -> Result<bool> {
    log_end = b.next_offset();
    return true;
  });
  if (!scanned) return scanned;
  log_start = std::max(log_start, first_segment());
  if (log_end < log_start) {
    segments.clear();
    log_end = log_start;
    if (auto r = add_segment(log_start); !r) return r;
  }
  high_watermark = log_start;
  recovery_point = std::min(recovery_point, log_end);
  if (auto r = epochs.truncate_from_end(log_end); !r) return r;
  if (auto r = epochs.truncate_from_start(log_start); !r) return r;
  return rebuild_producers(true);
}

Result<void> Log::State::rebuild_producers(bool use_snapshots) {
  producers.clear();
  Offset from = log_start;
  auto bases = bases_in(place.dir, ".snapshot");
  if (!bases) return bases.error();
  for (auto at = bases->rbegin(); at != bases->rend(); ++at) {
    const fs::path path = place.dir / file_name(*at, ".snapshot");
    std::error_code ignored;
    if (*at > log_end || !use_snapshots) {
      fs::remove(path, ignored);
      continue;
    }
    auto content = read_file(path);
    if (!content) return content.error();
    auto decoded =
        producers.decode(*content, hooks.clock->wall_ms(), config.producer_id_expiration_ms);
    if (decoded) {
      from = std::max(log_start, *at);
      break;
    }
    LOG(WARNING) << "Failed to load producer snapshot from '" << path.string()
                 << "': " << decoded.error();
    fs::remove(path, ignored);
  }
  if (from >= log_end) return ok();
  auto at = segments.upper_bound(from);
  if (at != segments.begin()) --at;
  for (; at != segments.end(); ++at) {
    auto replayed = at->second->scan(
        0, at->second->size(), [&](record::BatchView batch, int64_t) -> Result<bool> {
          if (batch.last_offset() < from || !batch.has_producer_id()) return true;
          ProducerState::Update update;
          if (auto r = producers.add(update, batch, Origin::replication); !r) return r.error();
          producers.apply(update);
          for (const auto& done : update.completed) producers.complete(done);
          return true;
        });
    if (!replayed) return replayed;
  }
  producers.high_watermark_moved(high_watermark);
  return ok();
}

Result<std::unique_ptr<Log>> Log::open(LogPlace place, LogConfig config, LogHooks hooks) {
  auto state = std::make_unique<State>(std::move(place), config, std::move(hooks));
  if (auto loaded = state->load(); !loaded) return loaded.error();
  return std::unique_ptr<Log>{new Log(std::move(state))};
}

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::~Log() = default;

Result<void> Log::close() {
  auto flushed = flush();
  if (!flushed) return flushed;
  Result<void> closed = ok();
  {
    std::scoped_lock hold(state_->mutex);
    if (state_->closed) return ok();
    if (auto r = state_->usable(); !r) return r;
    closed = state_->snapshot();
    if (closed) closed = state_->active().seal();
    state_->closed = true;
    if (!closed) state_->note(closed.error());
  }
  state_->report();
  return closed;
}

Result<void> Log::flush() {
  std::vector<std::shared_ptr<Segment>> dirty;
  Offset target;
  fs::path dir, epoch_path;
  bool sync_dir = false;
  {
    std::scoped_lock hold(state_->mutex);
    if (state_->closed) return ok();
    if (auto r = state_->usable(); !r) return r;
    target = state_->log_end;
    auto at = state_->segments.upper_bound(state_->recovery_point);
    if (at != state_->segments.begin()) --at;
    for (; at != state_->segments.end(); ++at) dirty.push_back(at->second);
    if (state_->recovery_point >= target) dirty.clear();
    dir = state_->place.dir;
    epoch_path = state_->epochs.path();
    sync_dir = std::exchange(state_->directory_dirty, false);
  }
  Result<void> synced = ok();
  for (const auto& segment : dirty)
    if (synced) synced = segment->sync();
  std::error_code ignored;
  if (synced && !dirty.empty() && fs::exists(epoch_path, ignored)) {
    auto file = open_file(epoch_path, O_RDONLY | O_CLOEXEC);
    if (file && ::fsync(file->get()) != 0) synced = storage_error("sync", epoch_path, errno);
  }
  if (synced && sync_dir && !dirty.empty()) synced = sync_directory(dir);
  {
    std::scoped_lock hold(state_->mutex);
    state_->last_flush_ms = state_->hooks.clock->wall_ms();
    if (!synced) {
      state_->note(synced.error());
    } else {
      state_->recovery_point = std::max(state_->recovery_point, std::min(target, state_->log_end));
      if (sync_dir && dirty.empty()) state_->directory_dirty = true;
    }
  }
  state_->report();
  return synced;
}

}  // namespace samsa::log
