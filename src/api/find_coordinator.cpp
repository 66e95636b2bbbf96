// FindCoordinator (key 10): the leader of the partition of Kafka's own topic that a group or
// transactional id falls on.

#include "protocol/messages/find_coordinator.h"
#include "api/handlers.h"
#include "api/topic_describe.h"
#include "base/java_hash.h"
#include "config/holder.h"
#include "group/coordinator.h"

namespace samsa::api {
namespace {

using protocol::FindCoordinatorResponse;

FindCoordinatorResponse unavailable() {
  return {.error_code = static_cast<int16_t>(Errc::coordinator_not_available),
          .error_message = std::string(default_message(Errc::coordinator_not_available)),
          .node_id = -1,
          .host = "",
          .port = -1};
}

}  // namespace

Task<FindCoordinatorResponse> find_coordinator(RequestContext& context,
                                               protocol::FindCoordinatorRequest request) {
  constexpr int8_t k_group = 0, k_transaction = 1;
  if (request.key_type != k_group && request.key_type != k_transaction) {
    auto response = unavailable();
    response.error_code = static_cast<int16_t>(Errc::unknown_server_error);
    response.error_message = std::string(default_message(Errc::unknown_server_error));
    co_return response;
  }
  const std::string topic =
      request.key_type == k_group ? "__consumer_offsets" : "__transaction_state";
  const auto image = context.services.metadata.get();
  const auto* known = image->topic(topic);
  if (known == nullptr) {
    co_await auto_create(context, topic);
    co_return unavailable();
  }
  const int32_t index =
      request.key_type == k_group
          ? context.services.groups.partition_for(request.key)
          : coordinator_partition(request.key, static_cast<int32_t>(known->size()));
  const auto partition = known->find(index);
  if (partition == known->end()) co_return unavailable();
  const auto* broker = image->broker(partition->second.leader);
  if (broker == nullptr) co_return unavailable();
  const auto endpoint = broker->endpoints.find(context.peer.listener_name);
  if (endpoint == broker->endpoints.end()) co_return unavailable();
  co_return FindCoordinatorResponse{.error_code = 0,
                                    .error_message = "NONE",
                                    .node_id = broker->id.value(),
                                    .host = endpoint->second.host,
                                    .port = endpoint->second.port};
}

}  // namespace samsa::api
