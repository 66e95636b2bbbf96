// LeaveGroup (key 13): one member, or from version 3 on several, by id or by instance.

#include "protocol/messages/leave_group.h"
#include "api/handlers.h"
#include "group/coordinator.h"

namespace samsa::api {

Task<protocol::LeaveGroupResponse> leave_group(RequestContext& context,
                                               protocol::LeaveGroupRequest request) {
  constexpr int16_t k_first_with_members = 3;
  const bool is_single = context.api_version < k_first_with_members;
  std::vector<group::MemberName> leaving;
  if (is_single) {
    leaving.push_back({std::move(request.member_id), std::nullopt});
  } else {
    for (auto& member : request.members)
      leaving.push_back({std::move(member.member_id), std::move(member.group_instance_id)});
  }
  protocol::LeaveGroupResponse response;
  auto results = context.services.groups.leave(request.group_id, leaving);
  if (!results) {
    response.error_code = static_cast<int16_t>(results.error().code);
    co_return response;
  }
  for (auto& result : *results) {
    const auto error = static_cast<int16_t>(result.error);
    if (is_single) {
      response.error_code = error;
    } else {
      response.members.push_back({.member_id = std::move(result.member.id),
                                  .group_instance_id = std::move(result.member.instance_id),
                                  .error_code = error});
    }
  }
  co_return response;
}

}  // namespace samsa::api
