#pragma once
// The settings of entities in ZooKeeper: read whole, written whole, and every change announced to
// all brokers. What an entity is, is told in zk/schema/configs.h.

#include <string>

#include "base/errc.h"
#include "config/key.h"
#include "runtime/task.h"
#include "zk/client/client.h"

namespace samsa::admin {

// Any loop.
class Configs {
 public:
  explicit Configs(zk::Client& zookeeper) : zookeeper_(zookeeper) {}

  // Empty for an entity without settings of its own.
  runtime::Task<Result<config::Properties>> read(std::string entity);
  // The same of an answer to a read of the entity's path.
  static Result<config::Properties> settings_in(const zk::ZkResult<zk::Data>& answer,
                                                const std::string& path);
  // The entity's settings from now on, without telling anybody: for one that nobody knows yet.
  runtime::Task<Result<void>> put(std::string entity, config::Properties settings);
  // The same, and tells all brokers to read them.
  runtime::Task<Result<void>> change(std::string entity, config::Properties settings);
  // The names of the entities of a kind that have settings: "topics", "users/U/clients".
  runtime::Task<Result<std::vector<std::string>>> list(std::string kind);

 private:
  runtime::Task<zk::ZkCode> create_with_parents(std::string path, Bytes data);

  zk::Client& zookeeper_;
};

}  // namespace samsa::admin
