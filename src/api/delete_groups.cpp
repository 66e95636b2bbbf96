// DeleteGroups (key 42): groups without members, with all their offsets.

#include "protocol/messages/delete_groups.h"

#include <set>

#include "api/handlers.h"
#include "group/coordinator.h"

namespace samsa::api {

Task<protocol::DeleteGroupsResponse> delete_groups(RequestContext& context,
                                                   protocol::DeleteGroupsRequest request) {
  protocol::DeleteGroupsResponse response;
  std::set<std::string> seen;
  for (const auto& id : request.groups_names) {
    if (!seen.insert(id).second) continue;
    const Errc outcome = context.services.groups.remove(id);
    response.results.push_back({.group_id = id, .error_code = static_cast<int16_t>(outcome)});
  }
  co_return response;
}

}  // namespace samsa::api
