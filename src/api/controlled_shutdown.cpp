// ControlledShutdown (key 7): a broker that is about to stop hands its leaderships over.

#include "protocol/messages/controlled_shutdown.h"
#include "api/handlers.h"
#include "controller/controller.h"

namespace samsa::api {

Task<protocol::ControlledShutdownResponse> controlled_shutdown(
    RequestContext& context, protocol::ControlledShutdownRequest request) {
  protocol::ControlledShutdownResponse response;
  auto left = co_await context.services.controller.controlled_shutdown(BrokerId{request.broker_id},
                                                                       request.broker_epoch);
  if (!left) {
    response.error_code = static_cast<int16_t>(left.error().code);
    co_return response;
  }
  for (const auto& tp : *left)
    response.remaining_partitions.push_back(
        {.topic_name = tp.topic, .partition_index = tp.partition});
  co_return response;
}

}  // namespace samsa::api
