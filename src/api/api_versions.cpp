// ApiVersions (key 18): what 2.7.0 speaks, exactly. An unknown version of the request itself is
// answered in version 0, so that any client can read it (KIP-511).

#include "protocol/messages/api_versions.h"
#include "api/handlers.h"
#include "api/reply.h"

#include <algorithm>

namespace samsa::api {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters and digits, inside also '-' and '.'; empty is not a name.
bool is_software_name(std::string_view name) {
  if (name.empty() || !is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  return std::ranges::all_of(name,
                             [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; });
}

ApiVersionsResponse::ApiVersionsResponseKey row_of(const protocol::Api& api) {
  return {.api_key = static_cast<int16_t>(api.key),
          .min_version = api.min_version,
          .max_version = api.max_version};
}

}  // namespace

net::Reply api_versions(RequestContext& context, const protocol::RequestHeader& header,
                        BytesView body) {
  ApiVersionsResponse response;
  if (header.request_api_version < 0 ||
      header.request_api_version > ApiVersionsRequest::k_max_version) {
    response.error_code = static_cast<int16_t>(Errc::unsupported_version);
    response.api_keys = {row_of(*protocol::find_api(ApiVersionsRequest::k_api_key))};
    auto downgraded = header;
    downgraded.request_api_version = 0;
    return encode_reply(downgraded, response);
  }
  auto request = ApiVersionsRequest::decode(body, header.request_api_version);
  if (!request) return net::Reply::hang_up();
  if (header.request_api_version >= 3) {
    if (!is_software_name(request->client_software_name) ||
        !is_software_name(request->client_software_version)) {
      response.error_code = static_cast<int16_t>(Errc::invalid_request);
      return encode_reply(header, response);
    }
    context.peer.client_software_name = request->client_software_name;
    context.peer.client_software_version = request->client_software_version;
  }
  for (const auto& api : protocol::k_apis)
    if (api.is_advertised) response.api_keys.push_back(row_of(api));
  response.finalized_features_epoch = context.services.finalized_features_epoch;
  return encode_reply(header, response);
}

}  // namespace samsa::api
