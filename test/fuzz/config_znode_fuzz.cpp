// Settings and their announcements, as anybody may write them to ZooKeeper.

#include <cstdlib>

#include "zk/schema/configs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const samsa::BytesView bytes(reinterpret_cast<const char*>(data), size);
  (void)samsa::zk::decode_config_change(bytes);
  (void)samsa::zk::config_change_number(bytes);
  const auto config = samsa::zk::decode_config(bytes);
  if (config && *samsa::zk::decode_config(samsa::zk::encode_config(*config)) != *config) abort();
  return 0;
}
