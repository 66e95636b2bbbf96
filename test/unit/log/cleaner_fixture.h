#pragma once
// Batches with keys, and what is left of them.

#include "log/cleaner/cleaning.h"
#include "log_fixture.h"

namespace samsa::log {

// One record as a test writes it and finds it.
struct Entry {
  int64_t offset = -1;
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const Entry&, const Entry&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Entry& e) {
    return out << e.offset << ':' << e.key << '=' << e.value.value_or("(null)");
  }
};
using Entries = std::vector<Entry>;

inline void append_entries(record::BatchView batch, Entries& into) {
  if (batch.is_control()) return;
  auto read = record::for_each_record(batch, [&](const record::Record& record) {
    into.push_back({record.offset.value(), Bytes(record.key.value_or("(none)")),
                    record.value ? std::optional<std::string>(*record.value) : std::nullopt});
  });
  EXPECT_TRUE(read) << (read ? Error{} : read.error());
}

// A batch of these records, each at its own offset, or, without, at the next.
inline Bytes batch_of(const Entries& entries, record::BatchFields fields = {},
                      int64_t timestamp_ms = 1000) {
  record::BatchBuilder builder{fields};
  for (const auto& e : entries) {
    std::optional<BytesView> value;
    if (e.value) value = *e.value;
    if (e.offset < 0)
      builder.append(timestamp_ms, BytesView(e.key), value);
    else
      builder.append_at(Offset{e.offset}, timestamp_ms, BytesView(e.key), value);
  }
  auto built = builder.build();
  EXPECT_TRUE(built) << (built ? Error{} : built.error());
  return built ? *built : Bytes{};
}

class CleanerFixture : public LogFixture {
 protected:
  CleanerFixture() {
    config_.cleanup_compact = true;
    config_.cleanup_delete = false;
    config_.producer_id_expiration_ms = INT64_MAX;  // the records are of another time
  }

  static Offset put(Log& log, const std::string& key, std::optional<std::string> value,
                    record::BatchFields fields = {}) {
    auto info = try_append(log, batch_of({{-1, key, std::move(value)}}, fields));
    EXPECT_TRUE(info) << (info ? Error{} : info.error().error);
    log.update_high_watermark(log.log_end_offset());
    return info ? info->first_offset : k_no_offset;
  }
  static record::BatchFields of_producer(int64_t id, int32_t sequence, bool transactional = false) {
    record::BatchFields fields;
    fields.producer_id = ProducerId{id};
    fields.producer_epoch = ProducerEpoch{0};
    fields.base_sequence = sequence;
    fields.transactional = transactional;
    return fields;
  }
  static void end_transaction(Log& log, int64_t producer, record::ControlType type) {
    LogFixture::end_transaction(log, producer, type);
    log.update_high_watermark(log.log_end_offset());
  }

  // The log as it is found after a clean stop, or after a crash; the position of the cleaner stays.
  std::shared_ptr<Log> close_and_reopen(std::shared_ptr<Log> log) {
    EXPECT_TRUE(log->close());
    return reopen(log, true);
  }
  std::shared_ptr<Log> reopen(std::shared_ptr<Log>& log, bool clean = false) {
    LogPlace at = place(clean);
    at.first_dirty = log->first_dirty_offset();
    log.reset();
    auto opened = Log::open(at, config_, {.clock = &clock_, .descriptors = &pool_});
    EXPECT_TRUE(opened) << (opened ? Error{} : opened.error());
    if (!opened) return nullptr;
    (*opened)->update_high_watermark((*opened)->log_end_offset());
    return std::move(*opened);
  }

  // One pass over all that may be cleaned. The first offset that was not.
  Result<std::optional<Offset>> try_clean(const std::shared_ptr<Log>& log,
                                          size_t map_bytes = 1 << 20,
                                          std::function<bool(int64_t)> go_on = nullptr) {
    auto claimed = CleanableLog::claim(log);
    EXPECT_TRUE(claimed);
    const auto view = claimed->view();
    auto facts = CleanableLog::facts_of(view);
    EXPECT_TRUE(facts);
    const Dirt dirt = dirt_of(*facts, clock_.wall_ms());
    KeyMap map{map_bytes};
    Cleaning cleaning{*claimed,
                      view,
                      {.map = map,
                       .load_factor = 1,
                       .io_buffer_bytes = 4096,
                       .go_on = go_on ? go_on : [](int64_t) { return true; }}};
    auto end = cleaning.run(dirt);
    if (end && *end) claimed->set_first_dirty(view, **end);
    return end;
  }
  Offset clean(const std::shared_ptr<Log>& log, size_t map_bytes = 1 << 20) {
    auto end = try_clean(log, map_bytes);
    EXPECT_TRUE(end) << (end ? Error{} : end.error());
    EXPECT_TRUE(!end || *end) << "given up";
    return end && *end ? **end : k_no_offset;
  }

  static void for_each_batch(const Log& log, const std::function<void(record::BatchView)>& visit) {
    for (Offset at = log.log_start_offset(); at < log.log_end_offset();) {
      auto slice = log.read(at, 1 << 20, Isolation::log_end, true);
      ASSERT_TRUE(slice) << (slice ? Error{} : slice.error());
      if (!slice || slice->length == 0) break;
      const auto bytes = read_bytes(*slice);
      ASSERT_TRUE(bytes);
      ASSERT_TRUE(record::for_each_batch(*bytes, [&](record::BatchView batch) {
        EXPECT_TRUE(batch.crc_ok());
        if (batch.next_offset() > at) visit(batch);
        at = batch.next_offset();
      }));
    }
  }
  static Entries entries_in(const Log& log) {
    Entries entries;
    for_each_batch(log, [&](record::BatchView batch) { append_entries(batch, entries); });
    return entries;
  }
  std::vector<std::string> files_with(std::string_view end) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir()))
      if (entry.path().filename().string().ends_with(end)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::shared_ptr<Log> open_log(bool clean = false) { return open(clean); }
  // Segments of a few records each: key k0 to k4 over and over, values counting up.
  std::shared_ptr<Log> log_of(int records, int32_t segment_bytes = 600) {
    config_.segment_bytes = segment_bytes;
    auto log = open_log();
    for (int i = 0; i < records; ++i) put(*log, "k" + std::to_string(i % 5), std::to_string(i));
    EXPECT_TRUE(log->roll());
    return log;
  }
  static Entries last_of(int records) {
    Entries last;
    for (int i = records - 5; i < records; ++i)
      last.push_back({i, "k" + std::to_string(i % 5), std::to_string(i)});
    return last;
  }
  // Makes the segment as old as if it had been written then.
  void set_age(int64_t base, int64_t age_ms) const {
    fs::last_write_time(file(base, ".log"),
                        fs::file_time_type::clock::now() - milliseconds{age_ms});
  }
};

}  // namespace samsa::log
