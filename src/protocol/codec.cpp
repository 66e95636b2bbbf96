#include "protocol/codec.h"

namespace samsa::protocol {

void Encoder::records(const RecordData& data) {
  if (data.is_null()) return null_bytes();
  put_size(data.size());
  bytes_ += data.view();
  if (data.external_size() > 0) holes_.push_back({bytes_.size(), data.external_size()});
}

bool Encoder::end_frame() {
  size_t size = bytes_.size() - sizeof(int32_t);
  for (const Hole& hole : holes_) size += hole.size;
  if (size > size_t{INT32_MAX}) return false;
  store_be(bytes_.data(), static_cast<int32_t>(size));
  return true;
}

BytesView Encoder::cut(BytesView value) {
  size_t size = k_longest_string;
  const auto continues = [&](size_t at) { return (value[at] & 0xc0) == 0x80; };
  while (size > k_longest_string - 3 && continues(size)) --size;
  return value.substr(0, size);
}

void Encoder::put_tags(const UnknownTags& unknown) {
  append_unsigned_varint(bytes_, unknown.count());
  bytes_ += unknown.fields();
}

void UnknownTags::add(BytesView field) {
  if (!kept_) kept_ = std::make_unique<Kept>();
  ++kept_->count;
  kept_->fields += field;
}

void TaggedFields::begin(uint32_t tag) {
  take_unknown_below(tag);
  tag_ = tag;
  before_ = std::exchange(out_.bytes_, {});
}

void TaggedFields::end() {
  const Bytes payload = std::exchange(out_.bytes_, std::move(before_));
  append_unsigned_varint(collected_, tag_);
  append_unsigned_varint(collected_, static_cast<uint32_t>(payload.size()));
  collected_ += payload;
  ++count_;
}

void TaggedFields::take_unknown_below(uint64_t tag) {
  while (!unknown_.empty()) {
    Cursor in(unknown_);
    if (in.unsigned_varint() >= tag) return;
    in.take(in.unsigned_varint());
    collected_ += unknown_.substr(0, unknown_.size() - in.remaining());
    unknown_ = in.rest();
    ++count_;
  }
}

void TaggedFields::finish() {
  if (!out_.flexible_) return;
  take_unknown_below(uint64_t{1} << 32);
  append_unsigned_varint(out_.bytes_, count_);
  out_.bytes_ += collected_;
}

void Decoder::required(std::string& value, int64_t length) {
  if (length < 0) return in_.fail();
  value = in_.take(static_cast<size_t>(length));
}

void Decoder::optional(std::optional<std::string>& value, int64_t length, bool null_allowed) {
  if (length >= 0) {
    value = in_.take(static_cast<size_t>(length));
  } else if (null_allowed) {  // Kafka takes any negative length for null
    value.reset();
  } else {
    in_.fail();
  }
}

void Decoder::records(RecordData& value) {
  const int64_t size = length();
  if (size < 0) {
    value = RecordData{};
  } else {
    value = RecordData{in_.take(static_cast<size_t>(size))};
  }
}

int32_t Decoder::nullable_count(size_t smallest_item_bytes, bool null_allowed) {
  const int64_t declared = length();
  if (declared < 0 && null_allowed) return -1;
  if (declared < 0 || static_cast<uint64_t>(declared) > in_.remaining() / smallest_item_bytes) {
    in_.fail();
    return 0;
  }
  return static_cast<int32_t>(declared);
}

uint32_t Decoder::begin_tags() {
  if (!flexible_) return 0;
  constexpr size_t k_smallest_tagged_field_bytes = 2;
  const uint32_t count = in_.unsigned_varint();
  if (count > in_.remaining() / k_smallest_tagged_field_bytes) {
    in_.fail();
    return 0;
  }
  return count;
}

void Decoder::take_tags(UnknownTags& unknown) {
  for (uint32_t left = begin_tags(); left > 0 && !failed(); --left) {
    TaggedField field(*this);
    field.keep(unknown);
    field.finish();
  }
}

TaggedField::TaggedField(Decoder& in) : in_(in), after_(BytesView{}) {
  const BytesView rest = in_.rest();
  tag_ = in_.in_.unsigned_varint();
  const uint32_t size = in_.in_.unsigned_varint();
  const BytesView payload = in_.in_.take(size);
  after_ = in_.in_;
  whole_ = rest.substr(0, rest.size() - after_.remaining());
  if (!after_.failed()) in_.in_ = Cursor(payload);
}

void TaggedField::keep(UnknownTags& unknown) {
  if (in_.failed()) return;
  unknown.add(whole_);
  in_.in_.take(in_.in_.remaining());
}

void TaggedField::finish() {
  const bool clean = !in_.failed() && in_.remaining() == 0;
  in_.in_ = after_;
  if (!clean) in_.in_.fail();
}

}  // namespace samsa::protocol
