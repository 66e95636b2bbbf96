#include "api/zookeeper_offsets.h"

#include <charconv>

#include "zk/schema/consumers.h"

namespace samsa::api {
namespace {

using runtime::Task;
using zk::ZkCode;

Task<ZkCode> create_with_parents(zk::Client& zookeeper, std::string path, Bytes data) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const auto making = zookeeper.create(path.substr(0, slash), {}, zk::CreateMode::persistent);
    const auto made = co_await making.wait();
    if (!made && made.code != ZkCode::node_exists) co_return made.code;
  }
  const auto making =
      zookeeper.create(std::move(path), std::move(data), zk::CreateMode::persistent);
  const auto made = co_await making.wait();
  co_return made.code;
}

}  // namespace

Task<Errc> set_zookeeper_offset(zk::Client& zookeeper, std::string group, TopicPartition partition,
                                int64_t offset) {
  const std::string path = zk::consumer_offset_path(group, partition);
  const Bytes text = std::to_string(offset);
  for (;;) {
    const auto set = co_await zookeeper.set(path, text, zk::k_any_version).wait();
    if (set) co_return Errc::none;
    if (set.code != ZkCode::no_node) co_return Errc::unknown_server_error;
    const ZkCode made = co_await create_with_parents(zookeeper, path, text);
    if (made == ZkCode::ok) co_return Errc::none;
    // Another commit was first: set what it made.
    if (made != ZkCode::node_exists) co_return Errc::unknown_server_error;
  }
}

Task<Result<std::optional<int64_t>>> zookeeper_offset(zk::Client& zookeeper, std::string group,
                                                      TopicPartition partition) {
  std::string path = zk::consumer_offset_path(group, partition);
  const auto got = co_await zookeeper.get(std::move(path), false).wait();
  if (got.code == ZkCode::no_node) co_return std::optional<int64_t>{};
  if (!got) co_return Error{Errc::unknown_server_error};
  int64_t offset = 0;
  const Bytes& text = got.value.data;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
    co_return Error{Errc::unknown_server_error};
  co_return std::optional<int64_t>{offset};
}

}  // namespace samsa::api
