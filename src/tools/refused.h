#pragma once

#include "base/errc.h"

namespace samsa::tools {

// The code of an Error that no broker sent: the tool itself refuses, where Java's throws an
// IllegalArgumentException or the like.
inline constexpr Errc k_refused = Errc::none;
// A file that an option names is not there; the message is its path.
inline constexpr Errc k_no_file = Errc::resource_not_found;

}  // namespace samsa::tools
