// ListPartitionReassignments (key 46): replicas on the move. This controller moves none.

#include "protocol/messages/list_partition_reassignments.h"
#include "api/handlers.h"
#include "controller/controller.h"

namespace samsa::api {

Task<protocol::ListPartitionReassignmentsResponse> list_partition_reassignments(
    RequestContext& context, protocol::ListPartitionReassignmentsRequest) {
  protocol::ListPartitionReassignmentsResponse response;
  response.error_message = "";  // where Kafka 2.7 does not set it, it is empty, not null
  if (!context.services.controller.is_active()) {
    response.error_code = static_cast<int16_t>(Errc::not_controller);
    response.error_message = std::string(default_message(Errc::not_controller));
  }
  co_return response;
}

}  // namespace samsa::api
