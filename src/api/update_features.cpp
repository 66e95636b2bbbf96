// UpdateFeatures (key 57): raise or lower what the whole cluster may use (KIP-584). Like Kafka 2.7,
// this broker supports no feature that could be finalised.

#include "protocol/messages/update_features.h"
#include "api/api_error.h"
#include "api/handlers.h"
#include "config/holder.h"
#include "config/version.h"
#include "controller/controller.h"

namespace samsa::api {
namespace {

Error judge(const protocol::UpdateFeaturesRequest::FeatureUpdateKey& update) {
  const auto refused = [](std::string why) { return Error{Errc::invalid_request, std::move(why)}; };
  if (update.feature.empty()) return refused("Feature name can not be empty.");
  if (update.max_version_level < 1 && update.allow_downgrade)
    return refused("Can not delete non-existing finalized feature.");
  if (update.max_version_level < 1)
    return refused("Can not provide maxVersionLevel: " + std::to_string(update.max_version_level) +
                   " less than 1 without setting the allowDowngrade flag to true in the request.");
  return refused(
      "Could not apply finalized feature update because the provided feature is not supported.");
}

}  // namespace

Task<protocol::UpdateFeaturesResponse> update_features(RequestContext& context,
                                                       protocol::UpdateFeaturesRequest request) {
  const auto config = context.services.config.current();
  protocol::UpdateFeaturesResponse response;
  if (!context.services.controller.is_active()) {
    tell(response, {Errc::not_controller, std::string(default_message(Errc::not_controller))});
  } else if (!config::is_at_least(config->inter_broker_protocol_version, "2.7-IV0")) {
    tell(response, {Errc::invalid_request, "Feature versioning system is disabled."});
  } else {
    for (const auto& update : request.feature_updates) {
      auto& result = response.results.emplace_back();
      result.feature = update.feature;
      tell(result, judge(update));
    }
  }
  co_return response;
}

}  // namespace samsa::api
