#include <glog/logging.h>

#include <algorithm>

#include "record/builder.h"
#include "record/record_checks.h"
#include "record/validate.h"

namespace samsa::record {
namespace {

// What is known of one batch that stays where it is.
struct KeptBatch {
  size_t position = 0;
  size_t size = 0;
  int32_t record_count = 0;
  int64_t max_timestamp = k_no_timestamp_ms;
  int32_t index_of_max = -1;
};

size_t header_size_of(int8_t magic, Codec codec) {
  if (magic >= k_magic_v2) return k_v2_overhead;
  return codec == Codec::none ? 0 : overhead_of(magic);
}

// Plain messages of v0 and v1 are batches of their own, so max.message.bytes does not bound a run
// of them, and a small compressed batch may become very many. They are held until they get their
// offsets, in a buffer that may be copied as it grows; more than this, and than one batch may have,
// is refused.
constexpr size_t k_largest_plain_run = size_t{24} << 20;

// Gives the builder the large records of an append.
class PiecesToBuilder : public PieceSink {
 public:
  PiecesToBuilder(const RecordChecks& checks, BatchBuilder& builder)
      : checks_(checks), builder_(builder) {}
  void begin(int64_t timestamp_ms, size_t size) override {
    if (!checks_.found_faults()) builder_.begin_in_pieces(timestamp_ms, size);
  }
  void piece(BytesView bytes) override {
    if (!checks_.found_faults()) builder_.append_piece(bytes);
  }

 private:
  const RecordChecks& checks_;
  BatchBuilder& builder_;
};

}  // namespace

struct Prepared::State {
  enum class Way {
    // Each batch gets its offsets and its own largest timestamp.
    plain_in_place,
    // One batch; offsets count from the last one.
    compressed_in_place,
    // `own` holds batches with offsets from 0 on.
    rebuilt,
    // `own` holds plain v0 messages with offsets from 0 on, yet to be compressed: inner offsets are
    // absolute in v0.
    rebuilt_but_v0,
  };

  Way way = Way::plain_in_place;
  std::span<char> bytes;
  Bytes own;
  TimestampType timestamp_type = TimestampType::create_time;
  Codec codec = Codec::none;
  int8_t magic = k_magic_v2;
  int32_t record_count = 0;
  std::vector<KeptBatch> kept;
  int64_t max_timestamp = k_no_timestamp_ms;
  // Counted from the first record, -1 for none.
  int64_t shallow_index_of_max = -1;
  ConversionStats stats;

  bool appends_time() const { return timestamp_type == TimestampType::log_append_time; }
  void assign_plain(Assigned& assigned, LeaderEpoch leader_epoch, int64_t now_ms);
  void assign_compressed(Assigned& assigned, LeaderEpoch leader_epoch, int64_t now_ms);
  void assign_rebuilt(Assigned& assigned, LeaderEpoch leader_epoch, int64_t now_ms);
  Result<void> compress_v0(Offset next_offset);
};

Prepared::Prepared(std::unique_ptr<State> state) : state_(std::move(state)) {}
Prepared::Prepared(Prepared&&) noexcept = default;
Prepared& Prepared::operator=(Prepared&&) noexcept = default;
Prepared::~Prepared() = default;

bool Prepared::rebuilt() const { return state_->way >= State::Way::rebuilt; }
int32_t Prepared::record_count() const { return state_->record_count; }
const ConversionStats& Prepared::stats() const { return state_->stats; }

void Prepared::State::assign_plain(Assigned& assigned, LeaderEpoch leader_epoch, int64_t now_ms) {
  Offset next = assigned.first_offset;
  for (const KeptBatch& at : kept) {
    MutableBatch batch{bytes.data() + at.position, at.size};
    if (at.max_timestamp > assigned.max_timestamp) {
      assigned.max_timestamp = at.max_timestamp;
      assigned.shallow_offset_of_max_timestamp = next + at.index_of_max;
    }
    next = next + at.record_count;
    batch.set_last_offset(next - 1);
    if (batch.is_v2()) batch.set_leader_epoch(leader_epoch);
    if (batch.magic() == k_magic_v0) continue;
    batch.set_max_timestamp(timestamp_type, appends_time() ? now_ms : at.max_timestamp);
  }
  if (appends_time()) {
    assigned.max_timestamp = now_ms;
    assigned.shallow_offset_of_max_timestamp =
        magic >= k_magic_v2 ? assigned.last_offset : assigned.first_offset;
  }
}

void Prepared::State::assign_compressed(Assigned& assigned, LeaderEpoch leader_epoch,
                                        int64_t now_ms) {
  MutableBatch batch{bytes.data() + kept.front().position, kept.front().size};
  batch.set_last_offset(assigned.last_offset);
  assigned.max_timestamp = appends_time() ? now_ms : max_timestamp;
  assigned.shallow_offset_of_max_timestamp = assigned.last_offset;
  if (magic > k_magic_v0) batch.set_max_timestamp(timestamp_type, assigned.max_timestamp);
  if (magic >= k_magic_v2) batch.set_leader_epoch(leader_epoch);
}

void Prepared::State::assign_rebuilt(Assigned& assigned, LeaderEpoch leader_epoch, int64_t now_ms) {
  assigned.bytes = own;
  MutableBatchIterator batches{std::span<char>(own)};
  for (;;) {
    auto next = batches.next();
    CHECK(next) << "a batch just built does not parse: " << next.error();
    if (!*next) break;
    MutableBatch& batch = **next;
    batch.set_base_offset(assigned.first_offset + batch.base_offset().value());
    if (batch.is_v2()) batch.set_leader_epoch(leader_epoch);
    if (appends_time() && batch.magic() > k_magic_v0) {
      batch.set_max_timestamp(timestamp_type, now_ms);
    }
  }
  assigned.max_timestamp = appends_time() ? now_ms : max_timestamp;
  assigned.shallow_offset_of_max_timestamp = assigned.first_offset + shallow_index_of_max;
}

Result<void> Prepared::State::compress_v0(Offset next_offset) {
  BatchBuilder builder{{.magic = k_magic_v0,
                        .codec = codec,
                        .timestamp_type = TimestampType::none,
                        .base_offset = next_offset}};
  Result<void> copied = for_each_batch(own, [&builder](BatchView message) {
    return for_each_record(message, [&builder](const Record& record) {
      builder.append(record.timestamp_ms, record.key, record.value);
    });
  });
  if (!copied) return copied;
  auto built = builder.build();
  if (!built) return built.error();
  own = std::move(*built);
  // The wrapper has its last offset already, and the common way adds the first one to what is
  // there.
  MutableBatch{own.data(), own.size()}.set_base_offset(Offset{record_count - 1});
  way = Way::rebuilt;
  return ok();
}

Checked<Assigned> Prepared::assign(Offset next_offset, LeaderEpoch leader_epoch, int64_t now_ms) {
  State& state = *state_;
  Assigned assigned;
  assigned.bytes = state.bytes;
  assigned.first_offset = next_offset;
  assigned.last_offset = next_offset + (int64_t{state.record_count} - 1);
  if (state.appends_time()) assigned.log_append_time = now_ms;
  if (state.way == State::Way::rebuilt_but_v0) {
    Result<void> compressed = state.compress_v0(next_offset);
    if (!compressed) return Rejection{compressed.error(), {}, {}};
  }
  switch (state.way) {
    case State::Way::plain_in_place:
      state.assign_plain(assigned, leader_epoch, now_ms);
      break;
    case State::Way::compressed_in_place:
      state.assign_compressed(assigned, leader_epoch, now_ms);
      break;
    case State::Way::rebuilt:
    case State::Way::rebuilt_but_v0:
      state.assign_rebuilt(assigned, leader_epoch, now_ms);
      break;
  }
  return assigned;
}

// One run of prepare().
class Preparation {
 public:
  Preparation(std::span<char> bytes, const BatchSummary& summary, const ValidationRules& rules,
              const TopicPartition& tp)
      : rules_(rules),
        source_(summary.source_codec),
        target_(rules.compression.value_or(summary.source_codec)),
        checks_(rules, tp),
        state_(std::make_unique<Prepared::State>()) {
    state_->bytes = bytes;
    state_->timestamp_type = rules.timestamp_type;
    state_->codec = target_;
    state_->magic = rules.magic;
  }

  Checked<Prepared> run() {
    if (target_ == Codec::zstd && !rules_.zstd_allowed) {
      return checks_.reject(Errc::unsupported_compression_type,
                            "Produce requests to inter.broker.protocol.version < 2.1 broker are "
                            "not allowed to use ZStandard compression");
    }
    Checked<void> found = find_batches();
    if (!found) return found.error();
    Checked<void> done = !was_plain()            ? compressed()
                         : all_of_target_magic() ? plain_kept()
                                                 : rebuild();
    if (!done) return done.error();
    return Prepared{std::move(state_)};
  }

 private:
  using State = Prepared::State;

  BatchView batch_at(const KeptBatch& at) const {
    return {state_->bytes.data() + at.position, at.size};
  }
  bool was_plain() const { return source_ == Codec::none && target_ == Codec::none; }
  BatchView first() const { return batch_at(state_->kept.front()); }

  Checked<void> find_batches() {
    MutableBatchIterator batches{state_->bytes};
    for (;;) {
      const size_t position = batches.position();
      auto next = batches.next();
      if (!next) return checks_.reject(next.error());
      if (!*next) break;
      state_->kept.push_back({position, (*next)->size_in_bytes()});
    }
    if (state_->kept.empty()) {
      return checks_.reject(Errc::invalid_record, "Record batch has no batches at all");
    }
    const bool one_only = first().is_v2() || source_ != Codec::none;
    if (one_only && state_->kept.size() > 1) {
      return checks_.reject(Errc::invalid_record,
                            "Compressed outer record has more than one batch");
    }
    return ok();
  }

  bool all_of_target_magic() const {
    return std::all_of(state_->kept.begin(), state_->kept.end(), [this](const KeptBatch& at) {
      return batch_at(at).magic() == rules_.magic;
    });
  }

  // Goes through a batch's records: visit(record, index) for each that is not at fault. `pieces`,
  // if any, has got the content of a large one before that is known.
  template <class Visit>
  Checked<void> walk(KeptBatch& at, ReadDepth depth, PieceSink* pieces, Visit visit) {
    const BatchView batch = batch_at(at);
    Checked<void> header = checks_.check_batch(batch, first().magic());
    if (!header) return header;
    checks_.describe_as_skimmed(depth == ReadDepth::skim && batch.is_v2() && batch.is_compressed());
    RecordReader reader{batch, depth, rules_.limits, pieces};
    for (int32_t index = 0;; ++index) {
      auto record = reader.next();
      if (!record) return checks_.reject(record.error());
      if (!*record) break;
      Checked<bool> fine = checks_.check_record(batch, **record, index);
      if (!fine) return fine.error();
      if (*fine) visit(**record, index);
      at.record_count = index + 1;
    }
    state_->record_count += at.record_count;
    return checks_.verdict();
  }

  Checked<void> plain_kept() {
    state_->way = State::Way::plain_in_place;
    for (KeptBatch& at : state_->kept) {
      const bool timed = batch_at(at).magic() > k_magic_v0;
      Checked<void> walked =
          walk(at, ReadDepth::skim, nullptr, [&at, timed](const Record& record, int32_t index) {
            if (!timed || record.timestamp_ms <= at.max_timestamp) return;
            at.max_timestamp = record.timestamp_ms;
            at.index_of_max = index;
          });
      if (!walked) return walked;
    }
    return ok();
  }

  Checked<void> compressed() {
    const bool same_format = first().magic() == rules_.magic && rules_.magic != k_magic_v0;
    const bool keeps_codec = source_ == target_ || (source_ == Codec::none && first().is_control());
    // Kafka keeps a plain control batch whatever format the topic has.
    const bool keep =
        (source_ == Codec::none && first().is_control()) || (keeps_codec && same_format);
    if (!keep) return rebuild();

    KeptBatch& at = state_->kept.front();
    bool consecutive = true;
    size_t plain_size = header_size_of(rules_.magic, source_);
    int64_t expected = 0;
    Checked<void> walked = walk(at, ReadDepth::skim, nullptr, [&](const Record& record, int32_t) {
      plain_size += record.size_in_bytes;
      state_->max_timestamp = std::max(state_->max_timestamp, record.timestamp_ms);
      if (record.offset.value() != expected) consecutive = false;
      ++expected;
    });
    if (!walked) return walked;
    if (!consecutive) return number_anew();
    state_->way = State::Way::compressed_in_place;
    state_->stats.temporary_memory_bytes = static_cast<int64_t>(plain_size);
    return ok();
  }

  // Some old clients number the inner records wrongly; Kafka writes their batches anew. It cannot
  // do so for v2, of which it has not kept the content at this point, and fails.
  Checked<void> number_anew() {
    if (first().is_v2()) {
      return checks_.reject(Errc::unknown_server_error,
                            "The offsets in the compressed record batch are not consecutive");
    }
    state_->record_count = 0;
    state_->max_timestamp = k_no_timestamp_ms;
    return rebuild();
  }

  BatchFields fields_of_rebuilt() const {
    const BatchView batch = first();
    return {.magic = rules_.magic,
            .codec = target_,
            .timestamp_type = rules_.timestamp_type,
            .log_append_time_ms = rules_.now_ms,
            .producer_id = batch.producer_id(),
            .producer_epoch = batch.producer_epoch(),
            .base_sequence = batch.base_sequence(),
            .transactional = batch.is_transactional()};
  }

  Checked<void> rebuild() {
    Checked<void> done = rebuild_in_turn();
    if (done || !was_plain()) return done;
    // To measure what it is about to build, Kafka reads all plain records before it checks any.
    for (const KeptBatch& at : state_->kept) {
      Result<void> read = for_each_record(batch_at(at), [](const Record&) {});
      if (!read) return checks_.reject(read.error());
    }
    return done;
  }

  Checked<void> rebuild_in_turn() {
    BatchFields fields = fields_of_rebuilt();
    const bool v0_with_codec = rules_.magic == k_magic_v0 && target_ != Codec::none;
    if (v0_with_codec) fields.codec = Codec::none;
    // Kafka makes its builder before the checks when neither side has a codec, and so gives another
    // answer.
    if (was_plain() && fields.transactional && rules_.magic < k_magic_v2) {
      return checks_.reject(
          Errc::unknown_server_error,
          "Transactional records are not supported for magic " + std::to_string(rules_.magic));
    }
    BatchBuilder builder{fields};
    const bool plain_run = rules_.magic < k_magic_v2 && fields.codec == Codec::none;
    builder.limit_size(plain_run ? std::max(k_largest_plain_run, rules_.max_rebuilt_size)
                                 : rules_.max_rebuilt_size);
    PiecesToBuilder pieces{checks_, builder};
    PieceSink* const to_builder = rules_.magic >= k_magic_v2 ? &pieces : nullptr;
    size_t plain_size = 0;
    for (KeptBatch& at : state_->kept) {
      plain_size += header_size_of(rules_.magic, batch_at(at).codec());
      const auto add = [&](const Record& record, int32_t) {
        if (checks_.found_faults()) return;
        plain_size += record.size_in_bytes;
        if (record.in_pieces) return;
        builder.append(record.timestamp_ms, record.key, record.value, record.headers);
      };
      Checked<void> walked = walk(at, ReadDepth::full, to_builder, add);
      // Without codecs Kafka builds while it checks, so what the builder refuses comes before later
      // records' faults.
      if (was_plain() && builder.failure()) return checks_.reject(*builder.failure());
      if (!walked) return walked;
    }
    return finish(builder, plain_size, v0_with_codec);
  }

  Checked<void> finish(BatchBuilder& builder, size_t plain_size, bool v0_with_codec) {
    state_->way = v0_with_codec ? State::Way::rebuilt_but_v0 : State::Way::rebuilt;
    state_->stats.records_converted = builder.record_count();
    state_->stats.temporary_memory_bytes =
        static_cast<int64_t>(builder.uncompressed_size() + (was_plain() ? 0 : plain_size) +
                             (v0_with_codec ? k_v0_overhead : 0));
    state_->max_timestamp = builder.max_timestamp();
    state_->shallow_index_of_max = v0_with_codec
                                       ? builder.last_offset().value()
                                       : builder.shallow_offset_of_max_timestamp().value();
    auto built = builder.build();
    if (!built) return checks_.reject(built.error());
    state_->own = std::move(*built);
    return ok();
  }

  const ValidationRules& rules_;
  Codec source_;
  Codec target_;
  RecordChecks checks_;
  std::unique_ptr<State> state_;
};

Checked<Prepared> prepare(std::span<char> bytes, const BatchSummary& summary,
                          const ValidationRules& rules, const TopicPartition& tp) {
  return Preparation{bytes, summary, rules, tp}.run();
}

}  // namespace samsa::record
