#include "broker/registration.h"

#include <glog/logging.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "runtime/wait.h"
#include "zk/schema/brokers.h"
#include "zk/schema/topics.h"

namespace samsa::broker {

using runtime::Task;
using zk::ZkCode;

namespace {

Error failed(const std::string& what, ZkCode code) {
  return {Errc::unknown_server_error, "ZooKeeper: " + what + ": " + to_string(code)};
}

// 128 random bits, URL-safe base64 without padding, as Kafka's cluster ids. They are the kernel's:
// the first call of OpenSSL's would cost a start some milliseconds.
std::string random_cluster_id() {
  unsigned char bits[16];
  PCHECK(::getentropy(bits, sizeof bits) == 0);
  unsigned char text[25];
  EVP_EncodeBlock(text, bits, sizeof bits);
  std::string id(reinterpret_cast<char*>(text), 22);
  for (char& c : id) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return id;
}

std::string canonical_host_name() {
  char name[256] = "localhost";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string session_name(int64_t id) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(id));
  return text;
}

Error not_registered(const std::string& path, ZkCode code, const zk::ZkResult<zk::Data>& there,
                     int64_t session) {
  if (!there) return failed("can't register at " + path, code);
  return {Errc::invalid_config,
          "Error while creating ephemeral at " + path + ", node already exists and owner '" +
              std::to_string(there.value.stat.ephemeral_owner) +
              "' does not match current session '" + std::to_string(session) + "'. Session " +
              session_name(there.value.stat.ephemeral_owner) + " holds it for the broker " +
              there.value.data + ". Stop that broker, or give this one another broker.id."};
}

}  // namespace

// All requests leave at once, because ZooKeeper keeps their order: a new cluster is founded in the
// time of one answer.
Task<Result<std::string>> enter_cluster(zk::Client& zookeeper) {
  std::vector<zk::ZkFuture<std::string>> made;
  for (const auto path : zk::persistent_paths())
    made.push_back(zookeeper.create(std::string(path), {}, zk::CreateMode::persistent));
  const std::string id_path(zk::k_cluster_id_path);
  const std::string fresh_id = random_cluster_id();
  auto founded =
      zookeeper.create(id_path, zk::encode_cluster_id(fresh_id), zk::CreateMode::persistent);
  auto known = zookeeper.get(id_path, false);
  size_t index = 0;
  for (auto& future : made) {
    const auto result = co_await future.wait();
    const std::string path(zk::persistent_paths()[index++]);
    if (result || result.code == ZkCode::node_exists) continue;
    const auto there = co_await zookeeper.exists(path, false).wait();
    if (!there) co_return failed("can't make " + path, result.code);
  }
  co_await founded.wait();  // what it says, the read says too
  const auto id = co_await known.wait();
  if (!id) co_return failed("can't read " + id_path, id.code);
  co_return zk::decode_cluster_id(id.value.data);
}

Task<Result<BrokerId>> generate_broker_id(zk::Client& zookeeper, int32_t reserved_max) {
  const std::string path(zk::k_broker_sequence_path);
  const auto set = co_await zookeeper.set(path, {}, zk::k_any_version).wait();
  if (!set) co_return failed("can't raise " + path, set.code);
  co_return BrokerId{set.value.version + reserved_max};
}

Task<Result<std::optional<int32_t>>> partition_count(zk::Client& zookeeper, std::string topic) {
  const std::string path = zk::topic_path(topic);
  const auto known = co_await zookeeper.get(path, false).wait();
  if (known.code == ZkCode::no_node) co_return std::optional<int32_t>{};
  if (!known) co_return failed("can't read " + path, known.code);
  const auto znode = zk::TopicZnode::decode(known.value.data);
  if (!znode) co_return znode.error();
  co_return std::optional{static_cast<int32_t>(znode->replicas.size())};
}

Task<Result<BrokerEpoch>> register_broker(zk::Client& zookeeper, BrokerId id, Bytes registration,
                                          milliseconds patience, int64_t expired_session) {
  constexpr milliseconds k_look_again{50};
  const std::string path = zk::broker_path(id);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool told = false;
  for (;;) {
    std::vector<zk::Op> ops;
    ops.push_back(zk::Op::create(path, {}, zk::CreateMode::ephemeral));
    ops.push_back(zk::Op::set(path, registration, zk::k_any_version));
    const auto made = co_await zookeeper.multi(std::move(ops)).wait();
    if (made) co_return BrokerEpoch{made.value[1].stat.czxid};
    const auto there = co_await zookeeper.get(path, false).wait();
    if (there && there.value.stat.ephemeral_owner == zookeeper.session_id())
      co_return BrokerEpoch{there.value.stat.czxid};
    if (std::chrono::steady_clock::now() > deadline)
      co_return not_registered(path, made.code, there, zookeeper.session_id());
    if (there && expired_session != 0 && there.value.stat.ephemeral_owner == expired_session) {
      co_await zookeeper.remove(path, there.value.stat.version).wait();
      continue;
    }
    if (there && !std::exchange(told, true))
      LOG(WARNING) << path << " is still held by session "
                   << session_name(there.value.stat.ephemeral_owner)
                   << "; waiting for it to expire. It says " << there.value.data;
    co_await runtime::sleep_for(k_look_again);
  }
}

Task<Result<RegisteredEndpoints>> registered_endpoints(zk::Client& zookeeper) {
  const std::string ids_path(zk::k_broker_ids_path);
  const auto ids = co_await zookeeper.children(ids_path, false).wait();
  if (!ids) co_return failed("can't list " + ids_path, ids.code);
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const std::string& id : ids.value)
    reads.push_back(zookeeper.get(ids_path + '/' + id, false));
  RegisteredEndpoints registered;
  for (size_t i = 0; i < reads.size(); ++i) {
    const auto data = co_await reads[i].wait();
    auto& endpoints = registered[ids.value[i]];
    if (!data) continue;
    if (auto broker = zk::BrokerZnode::decode(data.value.data))
      endpoints = std::move(broker->endpoints);
  }
  co_return registered;
}

Result<void> check_endpoints_free(const RegisteredEndpoints& registered, BrokerId id,
                                  const std::vector<config::Endpoint>& advertised) {
  for (const auto& [other, endpoints] : registered) {
    if (other == std::to_string(id.value())) continue;
    for (const auto& theirs : endpoints)
      for (const auto& ours : advertised)
        if (theirs.host == ours.host && theirs.port == ours.port)
          return Error{Errc::invalid_config,
                       "Configured end points " + ours.host + ':' + std::to_string(ours.port) +
                           " in advertised listeners are already registered by broker " + other};
  }
  return ok();
}

Bytes registration_of(const config::BrokerConfig& config,
                      const std::map<std::string, int32_t>& ports, int64_t now_ms) {
  zk::BrokerZnode znode{.rack = config.broker_rack, .timestamp_ms = now_ms};
  for (const auto& endpoint : config.advertised_endpoints()) {
    const auto bound = ports.find(endpoint.listener_name);
    const bool any_port = endpoint.port == 0 && bound != ports.end();
    znode.endpoints.push_back(
        {.listener = endpoint.listener_name,
         .security_protocol = std::string(config::name_of(endpoint.security_protocol)),
         .host = endpoint.host.empty() ? canonical_host_name() : endpoint.host,
         .port = any_port ? bound->second : endpoint.port});
  }
  return znode.encode();
}

Task<void> announce_log_dir_failure(zk::Client& zookeeper, BrokerId id) {
  constexpr milliseconds k_backoff{1000};
  for (;;) {
    const auto told =
        co_await zookeeper
            .create(std::string(zk::k_log_dir_event_prefix), zk::encode_log_dir_event(id),
                    zk::CreateMode::persistent_sequential)
            .wait();
    if (told) co_return;
    LOG(WARNING) << "the controller could not be told of the log directory that failed: "
                 << to_string(told.code) << "; trying on";
    co_await runtime::sleep_for(k_backoff);
  }
}

}  // namespace samsa::broker
