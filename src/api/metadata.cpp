// Metadata (key 3): brokers, and topics with their leaders; creates topics that clients name where
// that is allowed.

#include "metadata/image.h"

#include <algorithm>
#include <set>

#include "api/handlers.h"
#include "api/lookup.h"
#include "api/topic_describe.h"
#include "config/holder.h"
#include "protocol/messages/metadata.h"
#include "runtime/wait.h"

namespace samsa::api {
namespace {

using protocol::MetadataRequest;
using protocol::MetadataResponse;

// Every operation on the resource, as a bit field: what there is to answer while nothing is
// forbidden (AclOperation's codes).
constexpr int32_t k_all_cluster_operations = 0x1fa0, k_all_topic_operations = 0xdf8;

bool wants_all(const MetadataRequest& request, int16_t version) {
  return !request.topics || (version == 0 && request.topics->empty());
}

Task<MetadataResponse::MetadataResponseTopic> describe_unknown(RequestContext& context,
                                                               std::string name, bool may_create) {
  MetadataResponse::MetadataResponseTopic topic{.name = name,
                                                .is_internal = is_internal_topic(name)};
  Errc error = Errc::unknown_topic_or_partition;
  if (topic.is_internal || may_create) {
    error = co_await auto_create(context, name);
    if (error == Errc::coordinator_not_available) error = Errc::invalid_replication_factor;
  }
  topic.error_code = static_cast<int16_t>(error);
  co_return topic;
}

// The first image is there soon after a start. Without it every topic would be unknown, which some
// clients tell their users, so whoever comes earlier waits: not for long, as a cluster without a
// controller has none to give.
Task<std::shared_ptr<const metadata::Image>> image_with_brokers(metadata::ImageHolder& images) {
  constexpr std::chrono::seconds k_patience{10};
  if (images.get()->brokers().empty()) {
    const runtime::OneShot<bool> has_come;
    const auto listening = images.listen([has_come](const metadata::Image& image) {
      if (!image.brokers().empty()) has_come.set(true);
    });
    if (images.get()->brokers().empty())
      co_await has_come.until(std::chrono::steady_clock::now() + k_patience);
  }
  co_return images.get();
}

}  // namespace

Task<MetadataResponse> metadata(RequestContext& context, MetadataRequest request) {
  constexpr int16_t k_asks_for_creation = 4;
  auto& services = context.services;
  const auto image = co_await image_with_brokers(services.metadata);
  const bool may_create =
      (context.api_version < k_asks_for_creation || request.allow_auto_topic_creation) &&
      services.config.current()->auto_create_topics_enable;
  MetadataResponse response;
  for (const auto& [id, broker] : image->brokers()) {
    const auto endpoint = broker.endpoints.find(context.peer.listener_name);
    if (endpoint == broker.endpoints.end()) continue;
    response.brokers.push_back({.node_id = id.value(),
                                .host = endpoint->second.host,
                                .port = endpoint->second.port,
                                .rack = broker.rack});
  }
  response.cluster_id = services.cluster_id;
  response.controller_id = image->controller().value_or(k_no_broker).value();
  if (wants_all(request, context.api_version)) {
    for (const auto& [name, topic] : image->topics())
      response.topics.push_back(*describe_topic(context, *image, name));
  } else {
    std::set<std::string_view> asked;
    for (const auto& wanted : *request.topics) {
      if (!asked.insert(wanted.name).second) continue;
      auto known = describe_topic(context, *image, wanted.name);
      if (!known) known = co_await describe_unknown(context, wanted.name, may_create);
      response.topics.push_back(std::move(*known));
    }
  }
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = k_all_cluster_operations;
  if (request.include_topic_authorized_operations)
    for (auto& topic : response.topics) topic.topic_authorized_operations = k_all_topic_operations;
  co_return response;
}

}  // namespace samsa::api
