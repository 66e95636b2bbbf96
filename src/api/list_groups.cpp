// ListGroups (key 16): the groups of this broker; version 4 can ask for some states only.

#include "protocol/messages/list_groups.h"
#include "api/handlers.h"
#include "group/coordinator.h"

namespace samsa::api {

Task<protocol::ListGroupsResponse> list_groups(RequestContext& context,
                                               protocol::ListGroupsRequest request) {
  auto [error, groups] = context.services.groups.list(request.states_filter);
  protocol::ListGroupsResponse response;
  response.error_code = static_cast<int16_t>(error);
  for (auto& group : groups)
    response.groups.push_back({.group_id = std::move(group.id),
                               .protocol_type = std::move(group.protocol_type),
                               .group_state = std::string(group::name_of(group.state))});
  co_return response;
}

}  // namespace samsa::api
