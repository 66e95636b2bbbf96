#pragma once

#include "base/errc.h"

namespace samsa::tools {

// The code of an Error that no broker sent: the tool itself refuses, where Java's throws an
// IllegalArgumentException or the like.
inline constexpr Errc k_refused = Errc::none;
// A time that cannot be read, of which Java's tools tell the message alone.
inline constexpr Errc k_unreadable_time = Errc::invalid_timestamp;
// A file that an option names is not there; the message is its path.
inline constexpr Errc k_no_file = Errc::resource_not_found;

}  // namespace samsa::tools
