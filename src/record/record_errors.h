#pragma once
// Kafka's sentences about malformed records, which several readers share. Inside the room only.

#include "base/errc.h"

namespace samsa::record {

inline Error invalid_record(std::string message) {
  return {Errc::invalid_record, std::move(message)};
}
inline Error invalid_structure() { return invalid_record("Found invalid record structure"); }
inline Error premature_end() {
  return invalid_record("Incorrect declared batch size, premature EOF reached");
}
inline Error bytes_left_over() {
  return invalid_record("Incorrect declared batch size, records still remaining in file");
}

}  // namespace samsa::record
