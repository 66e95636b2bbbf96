// DescribeGroups (key 15): state, protocol and members.

#include "protocol/messages/describe_groups.h"

#include <set>

#include "api/handlers.h"
#include "group/coordinator.h"

namespace samsa::api {

Task<protocol::DescribeGroupsResponse> describe_groups(RequestContext& context,
                                                       protocol::DescribeGroupsRequest request) {
  // Read, delete and describe, as a bit field: nothing is forbidden (AclOperation's codes).
  constexpr int32_t k_all_group_operations = 1 << 3 | 1 << 6 | 1 << 8;
  protocol::DescribeGroupsResponse response;
  std::set<std::string> asked;
  for (auto& id : request.groups) {
    if (!asked.insert(id).second) continue;
    auto description = context.services.groups.describe(id);
    auto& described = response.groups.emplace_back();
    described.error_code = static_cast<int16_t>(description.error);
    described.group_id = std::move(id);
    described.group_state = std::move(description.state);
    described.protocol_type = std::move(description.protocol_type);
    described.protocol_data = std::move(description.protocol);
    for (auto& member : description.members)
      described.members.push_back({.member_id = std::move(member.name.id),
                                   .group_instance_id = std::move(member.name.instance_id),
                                   .client_id = std::move(member.client_id),
                                   .client_host = std::move(member.client_host),
                                   .member_metadata = std::move(member.metadata),
                                   .member_assignment = std::move(member.assignment)});
    if (request.include_authorized_operations && description.error == Errc::none)
      described.authorized_operations = k_all_group_operations;
  }
  co_return response;
}

}  // namespace samsa::api
