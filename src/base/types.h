#pragma once
// The vocabulary every room shares: identifiers and positions that must not be mixed up.

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

namespace samsa {

// A number with a meaning. Explicit to make, explicit to unwrap, comparable only with its own kind.
template <class Tag, class Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Strong, Strong) = default;
  friend std::ostream& operator<<(std::ostream& out, Strong s) { return out << +s.value_; }

 private:
  Rep value_{};
};

// A position in a partition's log. Offsets step by counts and differ by counts.
class Offset : public Strong<struct OffsetTag, int64_t> {
 public:
  using Strong::Strong;
  friend constexpr Offset operator+(Offset o, int64_t n) { return Offset{o.value() + n}; }
  friend constexpr Offset operator-(Offset o, int64_t n) { return Offset{o.value() - n}; }
  friend constexpr int64_t operator-(Offset a, Offset b) { return a.value() - b.value(); }
};

using BrokerId = Strong<struct BrokerIdTag, int32_t>;
using LeaderEpoch = Strong<struct LeaderEpochTag, int32_t>;
using ControllerEpoch = Strong<struct ControllerEpochTag, int32_t>;
// The czxid of the broker's registration znode (KIP-380): grows with each registration.
using BrokerEpoch = Strong<struct BrokerEpochTag, int64_t>;
using ProducerId = Strong<struct ProducerIdTag, int64_t>;
using ProducerEpoch = Strong<struct ProducerEpochTag, int16_t>;
// The data version of a partition's state znode; every change of ISR or leader raises it.
using ZkVersion = Strong<struct ZkVersionTag, int32_t>;

inline constexpr Offset k_no_offset{-1};
inline constexpr BrokerId k_no_broker{-1};
inline constexpr LeaderEpoch k_no_leader_epoch{-1};
inline constexpr ProducerId k_no_producer_id{-1};
inline constexpr ProducerEpoch k_no_producer_epoch{-1};
inline constexpr int32_t k_no_sequence = -1;
inline constexpr int64_t k_no_timestamp_ms = -1;

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;

  // Kafka's own way to write it: "topic-3". Also the name of the log's directory.
  std::string to_string() const { return topic + '-' + std::to_string(partition); }
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
  friend std::ostream& operator<<(std::ostream& out, const TopicPartition& tp) {
    return out << tp.topic << '-' << tp.partition;
  }
};

}  // namespace samsa

template <class Tag, class Rep>
struct std::hash<samsa::Strong<Tag, Rep>> {
  size_t operator()(samsa::Strong<Tag, Rep> s) const noexcept {
    return std::hash<Rep>{}(s.value());
  }
};

template <>
struct std::hash<samsa::TopicPartition> {
  size_t operator()(const samsa::TopicPartition& tp) const noexcept {
    return std::hash<std::string>{}(tp.topic) * 31 + static_cast<size_t>(tp.partition);
  }
};
