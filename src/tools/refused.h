#pragma once

#include "base/errc.h"

namespace samsa::tools {

// The code of an Error that no broker sent: the tool itself refuses, where Java's throws an
// IllegalArgumentException or the like.
inline constexpr Errc k_refused = Errc::none;
// A time that cannot be read, of which Java's tools tell the message alone.
inline constexpr Errc k_unreadable_time = Errc::invalid_timestamp;

// Other exceptions of Java's tools, outside of the numbers that a broker may send.
constexpr Errc own_code(int16_t number) { return static_cast<Errc>(-1000 - number); }
// A file that an option names is not there; the message is its path.
inline constexpr Errc k_no_file = own_code(1);
inline constexpr Errc k_io = own_code(2);
inline constexpr Errc k_runtime = own_code(3);
inline constexpr Errc k_bad_pattern = own_code(4);
inline constexpr Errc k_negative_size = own_code(5);
inline constexpr Errc k_arithmetic = own_code(6);
inline constexpr Errc k_json_mapping = own_code(7);
// Kafka's own: its bare KafkaException, that of an admin client that cannot be made, of data that
// cannot be read, and of what its commands refuse.
inline constexpr Errc k_kafka = own_code(8);
inline constexpr Errc k_no_admin = own_code(9);
inline constexpr Errc k_serialization = own_code(10);
inline constexpr Errc k_command_failed = own_code(11);
inline constexpr Errc k_admin_operation = own_code(12);
// Of files that dump-log reads.
inline constexpr Errc k_corrupt_index = own_code(13);
inline constexpr Errc k_no_element = own_code(14);
inline constexpr Errc k_bad_number = own_code(15);
inline constexpr Errc k_no_class = own_code(16);
inline constexpr Errc k_underflow = own_code(17);

}  // namespace samsa::tools
