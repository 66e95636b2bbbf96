#pragma once
// Topics as administrators change them: checked as Kafka 2.7 checks, with its sentences, then
// written to ZooKeeper, where the controller finds them.

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/errc.h"
#include "base/types.h"
#include "metadata/image.h"
#include "runtime/task.h"
#include "zk/client/client.h"

namespace samsa::admin {

using Assignment = std::map<int32_t, std::vector<BrokerId>>;

struct NewTopic {
  std::string name;
  int32_t partitions = 1;
  int32_t replication_factor = 1;
  std::optional<Assignment> assignment;  // instead of the two above
  std::map<std::string, std::string> configs;
};

// INVALID_TOPIC_EXCEPTION for a name that Kafka does not allow.
Result<void> validate_topic_name(const std::string& name);

// Replicas spread over the brokers as Kafka does: the first ones round robin from `first_broker`,
// the others at a shift that grows with every round.
Assignment assign_replicas(const std::vector<BrokerId>& brokers, int32_t partitions,
                           int32_t replication_factor, size_t first_broker, size_t first_shift);

class Topics {
 public:
  explicit Topics(zk::Client& zookeeper) : zookeeper_(zookeeper) {}

  // The assignment that is or would be made. Errors: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS,
  // INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG.
  runtime::Task<Result<Assignment>> create(NewTopic topic,
                                           std::shared_ptr<const metadata::Image> image,
                                           bool validate_only);
  // Asks the controller to delete it; done when the topic is gone from the image.
  // UNKNOWN_TOPIC_OR_PARTITION.
  runtime::Task<Result<void>> remove(std::string name);
  // The topic's own settings; empty when it has none.
  runtime::Task<Result<std::map<std::string, std::string>>> configs(std::string name);

 private:
  Result<Assignment> plan(const NewTopic& topic, const metadata::Image& image);

  zk::Client& zookeeper_;
};

}  // namespace samsa::admin
