#include "codec_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return samsa::record::fuzz_codec(samsa::record::Codec::snappy, data, size);
}
