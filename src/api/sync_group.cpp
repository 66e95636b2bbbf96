// SyncGroup (key 14): the leader hands in the assignment, everybody gets their own.

#include "protocol/messages/sync_group.h"
#include "api/handlers.h"
#include "group/coordinator.h"

namespace samsa::api {

Task<protocol::SyncGroupResponse> sync_group(RequestContext& context,
                                             protocol::SyncGroupRequest request) {
  constexpr int16_t k_first_with_protocol = 5;
  auto& groups = context.services.groups;
  const bool names_protocol = request.protocol_type && request.protocol_name;
  group::SyncResult result;
  if (request.group_instance_id && !groups.options().static_members_allowed) {
    result.error = Errc::unsupported_version;
  } else if (context.api_version >= k_first_with_protocol && !names_protocol) {
    result.error = Errc::inconsistent_group_protocol;
  } else {
    group::SyncRequest sync{.member_id = std::move(request.member_id),
                            .instance_id = std::move(request.group_instance_id),
                            .generation = request.generation_id,
                            .protocol_type = std::move(request.protocol_type),
                            .protocol = std::move(request.protocol_name),
                            .assignments = {}};
    for (auto& one : request.assignments)
      sync.assignments.emplace_back(std::move(one.member_id), std::move(one.assignment));
    result = co_await groups.sync(std::move(request.group_id), std::move(sync));
  }
  protocol::SyncGroupResponse response;
  response.error_code = static_cast<int16_t>(result.error);
  response.protocol_type = std::move(result.protocol_type);
  response.protocol_name = std::move(result.protocol);
  response.assignment = std::move(result.assignment);
  co_return response;
}

}  // namespace samsa::api
