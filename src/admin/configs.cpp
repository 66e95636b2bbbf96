#include "admin/configs.h"

#include "admin/zk_error.h"
#include "zk/schema/configs.h"

namespace samsa::admin {

using runtime::Task;
using zk::ZkCode;

Task<Result<config::Properties>> Configs::read(std::string entity) {
  const std::string path = zk::config_path(entity);
  co_return settings_in(co_await zookeeper_.get(path, false).wait(), path);
}

Result<config::Properties> Configs::settings_in(const zk::ZkResult<zk::Data>& answer,
                                                const std::string& path) {
  if (answer.code == ZkCode::no_node) return config::Properties{};
  if (!answer) return zk_error(answer.code, path);
  return zk::decode_config(answer.value.data);
}

Task<ZkCode> Configs::create_with_parents(std::string path, Bytes data) {
  constexpr auto k_persistent = zk::CreateMode::persistent;
  auto made = co_await zookeeper_.create(path, data, k_persistent).wait();
  if (made.code != ZkCode::no_node) co_return made.code;
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const auto parent = path.substr(0, slash);
    const auto known = co_await zookeeper_.exists(parent, false).wait();
    if (known) continue;
    const auto created = co_await zookeeper_.create(parent, {}, k_persistent).wait();
    if (!created && created.code != ZkCode::node_exists) co_return created.code;
  }
  made = co_await zookeeper_.create(path, data, k_persistent).wait();
  co_return made.code;
}

Task<Result<void>> Configs::put(std::string entity, config::Properties settings) {
  const std::string path = zk::config_path(entity);
  const Bytes data = zk::encode_config(settings);
  for (;;) {
    const auto set = co_await zookeeper_.set(path, data, zk::k_any_version).wait();
    if (set) co_return ok();
    if (set.code != ZkCode::no_node) co_return zk_error(set.code, path);
    const ZkCode made = co_await create_with_parents(path, data);
    if (made == ZkCode::ok) co_return ok();
    // Somebody else was faster; our values are to be the last.
    if (made != ZkCode::node_exists) co_return zk_error(made, path);
  }
}

Task<Result<void>> Configs::change(std::string entity, config::Properties settings) {
  auto written = co_await put(entity, std::move(settings));
  if (!written) co_return written.error();
  const std::string path(zk::k_config_change_prefix);
  const auto told =
      co_await zookeeper_
          .create(path, zk::encode_config_change(entity), zk::CreateMode::persistent_sequential)
          .wait();
  if (!told) co_return zk_error(told.code, path);
  co_return ok();
}

Task<Result<std::vector<std::string>>> Configs::list(std::string kind) {
  const std::string path = zk::config_path(kind);
  auto names = co_await zookeeper_.children(path, false).wait();
  if (names.code == ZkCode::no_node) co_return std::vector<std::string>{};
  if (!names) co_return zk_error(names.code, path);
  co_return std::move(names.value);
}

}  // namespace samsa::admin
