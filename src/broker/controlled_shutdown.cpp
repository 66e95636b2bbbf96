#include "broker/controlled_shutdown.h"

#include <glog/logging.h>

#include "net/broker_client.h"
#include "protocol/messages/controlled_shutdown.h"
#include "runtime/wait.h"
#include "zk/schema/brokers.h"

namespace samsa::broker {

using runtime::Task;

namespace {

struct Address {
  std::string host;
  int32_t port = -1;
};

Task<Result<Address>> controller_address(zk::Client& zookeeper, std::string listener) {
  // ZooKeeper may be what is broken; a broker must be able to stop all the same.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  const auto holder =
      co_await zookeeper.get(std::string(zk::k_controller_path), false).until(patience);
  if (!holder || !*holder)
    co_return Error{Errc::broker_not_available, "No controller registered in ZooKeeper"};
  auto id = zk::decode_controller(holder->value.data);
  if (!id) co_return id.error();
  const auto registration = co_await zookeeper.get(zk::broker_path(*id), false).until(patience);
  if (!registration || !*registration)
    co_return Error{
        Errc::broker_not_available,
        "Broker registration for controller " + std::to_string(id->value()) + " is not available"};
  auto broker = zk::BrokerZnode::decode(registration->value.data);
  if (!broker) co_return broker.error();
  for (const auto& endpoint : broker->endpoints)
    if (endpoint.listener == listener) co_return Address{endpoint.host, endpoint.port};
  co_return Error{Errc::broker_not_available, "The controller has no listener " + listener};
}

// One attempt; the partitions that are left.
Task<Result<size_t>> ask(zk::Client& zookeeper, runtime::EventLoop& loop,
                         std::shared_ptr<const config::BrokerConfig> config, BrokerId self,
                         BrokerEpoch epoch) {
  constexpr int16_t k_version = 3;
  auto address = co_await controller_address(zookeeper, config->inter_broker_listener());
  if (!address) co_return address.error();
  net::BrokerClient client(loop, address->host, static_cast<uint16_t>(address->port),
                           std::to_string(self.value()));
  const protocol::ControlledShutdownRequest request{.broker_id = self.value(),
                                                    .broker_epoch = epoch.value()};
  const auto deadline =
      std::chrono::steady_clock::now() + milliseconds{config->controller_socket_timeout_ms};
  auto response = co_await client.call(request, k_version, deadline);
  if (!response) co_return response.error();
  if (response->error_code != 0) co_return Error{static_cast<Errc>(response->error_code)};
  co_return response->remaining_partitions.size();
}

}  // namespace

Task<bool> controlled_shutdown(zk::Client& zookeeper, runtime::EventLoop& loop,
                               std::shared_ptr<const config::BrokerConfig> config, BrokerId self,
                               BrokerEpoch epoch) {
  LOG(INFO) << "Starting controlled shutdown";
  for (int32_t attempt = 0; attempt < config->controlled_shutdown_max_retries; ++attempt) {
    if (zookeeper.state() != zk::SessionState::connected)
      break;  // nobody to ask, nobody to wait for
    auto left = co_await ask(zookeeper, loop, config, self, epoch);
    if (left && *left == 0) {
      LOG(INFO) << "Controlled shutdown succeeded";
      co_return true;
    }
    if (left)
      LOG(INFO) << "Remaining partitions to move: " << *left;
    else
      LOG(INFO) << "Error from controller: " << left.error();
    co_await runtime::sleep_for(milliseconds{config->controlled_shutdown_retry_backoff_ms});
    LOG(WARNING) << "Retrying controlled shutdown after the previous attempt failed...";
  }
  LOG(WARNING) << "Proceeding to do an unclean shutdown as all the controlled shutdown attempts "
                  "failed";
  co_return false;
}

}  // namespace samsa::broker
