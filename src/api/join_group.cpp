// JoinGroup (key 11): become a member of a group, or of its next generation.

#include "protocol/messages/join_group.h"
#include "api/handlers.h"
#include "group/coordinator.h"

namespace samsa::api {

Task<protocol::JoinGroupResponse> join_group(RequestContext& context,
                                             protocol::JoinGroupRequest request) {
  constexpr int16_t k_first_with_rebalance_timeout = 1, k_first_with_known_ids = 4,
                    k_first_with_nullable_protocol = 7;
  auto& groups = context.services.groups;
  const int16_t version = context.api_version;
  group::JoinRequest join{.member_id = std::move(request.member_id),
                          .instance_id = std::move(request.group_instance_id),
                          .client_id = context.client_id,
                          .client_host = context.client_host(),
                          .rebalance_timeout_ms = version < k_first_with_rebalance_timeout
                                                      ? request.session_timeout_ms
                                                      : request.rebalance_timeout_ms,
                          .session_timeout_ms = request.session_timeout_ms,
                          .protocol_type = std::move(request.protocol_type),
                          .protocols = {}};
  join.requires_known_id = version >= k_first_with_known_ids && !join.instance_id;
  for (auto& protocol : request.protocols)
    join.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata)});
  group::JoinResult result{.error = Errc::unsupported_version};
  if (!join.instance_id || groups.options().static_members_allowed)
    result = co_await groups.join(std::move(request.group_id), std::move(join));
  protocol::JoinGroupResponse response;
  response.error_code = static_cast<int16_t>(result.error);
  response.generation_id = result.generation;
  response.protocol_type = std::move(result.protocol_type);
  response.protocol_name = std::move(result.protocol);
  if (version < k_first_with_nullable_protocol && !response.protocol_name)
    response.protocol_name = "";
  response.leader = std::move(result.leader);
  response.member_id = std::move(result.member_id);
  for (auto& member : result.members)
    response.members.push_back({.member_id = std::move(member.id),
                                .group_instance_id = std::move(member.instance_id),
                                .metadata = std::move(member.metadata)});
  co_return response;
}

}  // namespace samsa::api
