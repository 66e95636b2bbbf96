#pragma once
// Topics as Metadata tells them, and topics that come into being because somebody asked for them.

#include "api/context.h"
#include "metadata/image.h"
#include "protocol/messages/metadata.h"

namespace samsa::api {

// What is known of the topic, for a client of the listener; nothing when the topic is unknown.
std::optional<protocol::MetadataResponse::MetadataResponseTopic> describe_topic(
    const RequestContext& context, const metadata::Image& image, const std::string& name);

// Creates the topic with the broker's defaults, or one of Kafka's own topics as they must be.
// LEADER_NOT_AVAILABLE, as the partitions have no leader yet; or why it can't be made.
runtime::Task<Errc> auto_create(RequestContext& context, std::string name);

// Waits until every one of the partitions has a leader in the image; false at the deadline.
runtime::Task<bool> await_leaders(Services& services, std::string topic, int32_t partitions,
                                  SteadyTime deadline);
// Waits until that broker leads the partition in the image; false at the deadline.
runtime::Task<bool> await_leader(Services& services, TopicPartition tp, BrokerId leader,
                                 SteadyTime deadline);
// Waits until the topic has left the image; false at the deadline.
runtime::Task<bool> await_absence(Services& services, std::string topic, SteadyTime deadline);

}  // namespace samsa::api
