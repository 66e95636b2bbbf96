// Heartbeat (key 12): a member is still there, and hears whether the group rebalances.

#include "protocol/messages/heartbeat.h"
#include "api/handlers.h"
#include "group/coordinator.h"

namespace samsa::api {

Task<protocol::HeartbeatResponse> heartbeat(RequestContext& context,
                                            protocol::HeartbeatRequest request) {
  auto& groups = context.services.groups;
  Errc outcome = Errc::unsupported_version;
  if (!request.group_instance_id || groups.options().static_members_allowed)
    outcome = groups.heartbeat(request.group_id,
                               {std::move(request.member_id), std::move(request.group_instance_id)},
                               request.generation_id);
  co_return protocol::HeartbeatResponse{.error_code = static_cast<int16_t>(outcome)};
}

}  // namespace samsa::api
