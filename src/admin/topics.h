#pragma once
// Topics as administrators change them: checked as Kafka 2.7 checks, with its sentences, then
// written to ZooKeeper, where the controller finds them.

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "admin/assignment.h"
#include "admin/configs.h"
#include "admin/partitions.h"
#include "base/errc.h"
#include "base/types.h"
#include "metadata/image.h"
#include "runtime/task.h"
#include "zk/client/client.h"

namespace samsa::admin {

struct NewTopic {
  std::string name;
  int32_t partitions = 1;
  int32_t replication_factor = 1;
  std::optional<Assignment> assignment;  // instead of the two above
  std::map<std::string, std::string> configs;
};

// TOPIC_ALREADY_EXISTS in Kafka's words.
Error topic_exists(const std::string& name);

class Topics {
 public:
  Topics(zk::Client& zookeeper, Configs& configs) : zookeeper_(zookeeper), configs_(configs) {}

  // The assignment that is or would be made. Errors: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS,
  // INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG.
  runtime::Task<Result<Assignment>> create(NewTopic topic,
                                           std::shared_ptr<const metadata::Image> image,
                                           bool validate_only);
  // Asks the controller to delete it; done when the topic is gone from the image.
  // UNKNOWN_TOPIC_OR_PARTITION.
  runtime::Task<Result<void>> remove(std::string name);
  // The new partitions that are or would be made, among the brokers given in order of their ids.
  // UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION while the topic is being deleted, and what
  // plan_more_partitions() says.
  runtime::Task<Result<Assignment>> add_partitions(MorePartitions asked,
                                                   std::vector<BrokerId> brokers,
                                                   bool validate_only);

 private:
  Result<Assignment> plan(const NewTopic& topic, const metadata::Image& image);

  zk::Client& zookeeper_;
  Configs& configs_;
};

}  // namespace samsa::admin
