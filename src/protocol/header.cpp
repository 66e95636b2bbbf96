#include "protocol/header.h"

namespace samsa::protocol {

int16_t request_header_version(const Api& api, int16_t api_version) {
  if (api.key == ApiKey::controlled_shutdown && api_version == 0) return 0;
  return api_version >= api.first_flexible_version ? 2 : 1;
}

int16_t response_header_version(const Api& api, int16_t api_version) {
  if (api.key == ApiKey::api_versions) return 0;
  return api_version >= api.first_flexible_response_version ? 1 : 0;
}

}  // namespace samsa::protocol
