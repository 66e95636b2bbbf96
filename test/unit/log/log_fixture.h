#pragma once
// A folder for a log, batches to put into it, and what it costs to read.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "log/descriptor_pool.h"
#include "log/log.h"
#include "record/builder.h"
#include "record/record.h"
#include "test/temp_folder.h"

namespace samsa::log {
namespace fs = std::filesystem;

// Looks until the condition holds, and does the other thing after each look; fails the test after
// a minute.
template <class Condition, class Between>
void await(const char* what, Condition condition, Between between) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what;
    between();
    std::this_thread::sleep_for(milliseconds{1});
  }
}

// Bytes and calls that this process has read with so far.
struct ReadCost {
  int64_t bytes = 0, calls = 0;
  static ReadCost now() {
    ReadCost cost;
    std::ifstream io{"/proc/self/io"};
    for (std::string key; io >> key;) {
      int64_t value = 0;
      io >> value;
      if (key == "rchar:") cost.bytes = value;
      if (key == "syscr:") cost.calls = value;
    }
    return cost;
  }
  // What the action costs, less what asking costs.
  template <class Action>
  static ReadCost of(Action action) {
    const ReadCost before = now();
    const ReadCost idle = now();
    action();
    const ReadCost after = now();
    return {after.bytes - idle.bytes - (idle.bytes - before.bytes),
            after.calls - idle.calls - (idle.calls - before.calls)};
  }
};

class LogFixture : public testing::Test {
 protected:
  static constexpr const char* k_name = "t-0";

  fs::path dir() const { return folder_.path() / k_name; }
  fs::path file(int64_t base, std::string_view suffix) const {
    return dir() / file_name(Offset{base}, suffix);
  }
  LogPlace place(bool clean) const { return {dir(), {"t", 0}, Offset{0}, recovery_point_, clean}; }
  std::unique_ptr<Log> open(bool clean = false) {
    LogHooks hooks{.clock = &clock_, .descriptors = &pool_};
    hooks.on_storage_failure = [this](const Error& error) { failures_.push_back(error); };
    auto log = Log::open(place(clean), config_, hooks);
    EXPECT_TRUE(log) << (log ? Error{} : log.error());
    return log ? std::move(*log) : nullptr;
  }
  // Leaves the files as a killed process would.
  std::unique_ptr<Log> crash_and_open(std::unique_ptr<Log> log) {
    log.reset();
    return open(false);
  }
  std::unique_ptr<Log> close_and_open(std::unique_ptr<Log> log) {
    EXPECT_TRUE(log->close());
    log.reset();
    return open(true);
  }

  struct Records {
    int count = 1;
    size_t value_bytes = 10;
    int64_t timestamp_ms = 1000;
    int64_t producer = -1;
    int16_t producer_epoch = 0;
    int32_t sequence = 0;
    bool transactional = false;
  };
  static Bytes batch(const Records& records) {
    record::BatchFields fields;
    if (records.producer >= 0) {
      fields.producer_id = ProducerId{records.producer};
      fields.producer_epoch = ProducerEpoch{records.producer_epoch};
      fields.base_sequence = records.sequence;
      fields.transactional = records.transactional;
    }
    record::BatchBuilder builder{fields};
    const std::string value(records.value_bytes, 'v');
    for (int i = 0; i < records.count; ++i)
      builder.append(records.timestamp_ms, std::nullopt, BytesView(value));
    return *builder.build();
  }
  static Bytes marker(int64_t producer, record::ControlType type) {
    record::MarkerFields fields;
    fields.producer_id = ProducerId{producer};
    fields.producer_epoch = ProducerEpoch{0};
    fields.timestamp_ms = 1000;
    return record::end_transaction_batch(fields, {type, 0});
  }
  static record::Checked<AppendInfo> try_append(Log& log, Bytes bytes, int32_t epoch = 0,
                                                Origin origin = Origin::client) {
    return log.append_as_leader(bytes, LeaderEpoch{epoch}, origin);
  }
  static Offset append(Log& log, const Records& records, int32_t epoch = 0) {
    auto info = try_append(log, batch(records), epoch);
    EXPECT_TRUE(info) << (info ? Error{} : info.error().error);
    return info ? info->first_offset : k_no_offset;
  }
  static Offset append(Log& log, int32_t epoch = 0) { return append(log, Records{}, epoch); }
  static void end_transaction(Log& log, int64_t producer, record::ControlType type) {
    auto info = try_append(log, marker(producer, type), 0, Origin::coordinator);
    EXPECT_TRUE(info) << (info ? Error{} : info.error().error);
  }
  // The offset that stands at the start of what a read gives; -1 when it gives nothing.
  static int64_t first_offset_of(const ReadSlice& slice) {
    if (!slice.file || slice.length < 8) return -1;
    Bytes head(8, '\0');
    EXPECT_TRUE(read_at(slice.file->fd(), head, slice.position, "segment"));
    return load_be<int64_t>(head.data());
  }
  // Every offset from the log's start on, as a reader meets them.
  static std::vector<int64_t> offsets_in(const Log& log) {
    std::vector<int64_t> offsets;
    for (Offset at = log.log_start_offset(); at < log.log_end_offset();) {
      auto slice = log.read(at, 1 << 20, Isolation::log_end, true);
      EXPECT_TRUE(slice) << (slice ? Error{} : slice.error());
      if (!slice || slice->length == 0) break;
      const auto bytes = read_bytes(*slice);
      EXPECT_TRUE(bytes);
      auto read = record::for_each_batch(*bytes, [&](record::BatchView one) {
        for (Offset o = one.base_offset(); o < one.next_offset(); o = o + 1)
          if (o >= at) offsets.push_back(o.value());
        at = one.next_offset();
      });
      EXPECT_TRUE(read);
    }
    return offsets;
  }
  // What comes next of the one, at most so many bytes of it or one batch, goes to the other.
  static void copy_some(const Log& from, Log& to, int32_t max_bytes) {
    auto slice = from.read(to.log_end_offset(), max_bytes, Isolation::log_end, true);
    ASSERT_TRUE(slice);
    auto bytes = read_bytes(*slice);
    ASSERT_TRUE(bytes);
    ASSERT_TRUE(to.append_as_follower(*bytes));
  }
  static std::vector<int64_t> up_to(int64_t end) {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < end; ++i) all.push_back(i);
    return all;
  }

  TempFolder folder_;
  ManualClock clock_;
  DescriptorPool pool_{1000};
  LogConfig config_;
  Offset recovery_point_{0};
  std::vector<Error> failures_;
};

}  // namespace samsa::log
