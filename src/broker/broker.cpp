#include "broker/broker.h"

#include <glog/logging.h>

#include <future>
#include <thread>

#include "admin/topics.h"
#include "api/cluster_orders.h"
#include "api/dispatch.h"
#include "api/fetch_conversion.h"
#include "api/producer_ids.h"
#include "broker/config_changes.h"
#include "broker/controlled_shutdown.h"
#include "broker/registration.h"
#include "broker/topic_settings.h"
#include "config/dynamic.h"
#include "config/topic_config.h"
#include "controller/controller.h"
#include "group/coordinator.h"
#include "log/cold_reads.h"
#include "metrics/http_endpoint.h"
#include "metrics/registry.h"
#include "net/addresses.h"
#include "net/server.h"
#include "net/socket_options.h"
#include "replica/log_mover.h"
#include "runtime/block_on.h"
#include "zk/client/apache_client.h"
#include "zk/schema/brokers.h"

namespace samsa::broker {

using runtime::Task;

// In order of building; torn down in reverse.
struct Broker::Parts {
  explicit Parts(config::BrokerConfig c) : config(std::move(c)), settings(config) {}

  config::ConfigHolder config;
  metrics::Registry metrics{Clock::system()};
  metrics::Registry::Handle process_metrics = metrics::collect_process(metrics);
  TopicSettingsCache settings;
  BrokerId id;
  std::string cluster_id;
  std::optional<int32_t> offsets_topic_partitions;  // as ZooKeeper has it
  // What others had when this broker looked.
  RegisteredEndpoints registered;
  std::optional<controller::Vacancy> vacancy;
  SteadyTime looked_at;
  int64_t registered_session = 0;  // on the control loop
  std::atomic<int64_t> features_epoch{-1};
  std::atomic<bool> is_joining{false};  // `id` and the ports are known
  runtime::EventLoop control_loop{"controller"};
  std::unique_ptr<zk::Client> zookeeper;
  std::unique_ptr<log::LogDirs> logs;
  log::ColdReads cold_reads;
  api::ConversionMemory conversion_memory;
  std::unique_ptr<replica::PartitionTable> partitions;
  std::unique_ptr<replica::LogMover> log_mover;
  std::unique_ptr<replica::FetchSessionCache> fetch_sessions;
  std::unique_ptr<group::Coordinator> groups;
  metadata::ImageHolder metadata;
  api::OrderFence fence;
  std::unique_ptr<api::ProducerIds> producer_ids;
  std::unique_ptr<admin::Configs> configs;
  std::unique_ptr<ConfigChanges> config_changes;
  std::unique_ptr<admin::Topics> topics;
  std::unique_ptr<runtime::Workers> workers;
  std::unique_ptr<controller::Controller> controller;
  std::unique_ptr<api::Services> services;
  std::unique_ptr<api::Dispatcher> dispatcher;
  std::vector<std::unique_ptr<runtime::EventLoop>> network_loops;
  std::unique_ptr<net::Server> server;
  std::map<std::string, int32_t> bound_ports;
  std::unique_ptr<metrics::HttpEndpoint> metrics_endpoint;
  runtime::Gate gate;

  Result<void> show_metrics();
  void catch_up(std::function<void()> next);
  void start_threads();
  Result<void> prepare();
  Result<void> load_settings();
  void apply_topic_settings(const std::string& topic, const config::Properties& own);
  void on_topic_change(const std::string& topic, const config::Properties& own);
  void on_config_change(const config::BrokerConfig& before, const config::BrokerConfig& after);
  Task<bool> unclean_election_allowed(std::string topic);
  void leave_cluster();
  Result<void> open_logs();
  Result<void> identify(const log::LogDirs& dirs);
  Result<void> come_up();
  // Stops what runs, after a start that failed, too, in an order in which nothing is gone that is
  // still in use.
  Result<void> wind_down();
  Result<void> listen();
  struct Looking {
    std::future<Result<RegisteredEndpoints>> registered;
    std::future<std::optional<controller::Vacancy>> vacancy;
  };
  Looking begin_look();
  Result<void> end_look(Looking looking);
  Result<void> join_cluster();
  Task<Result<BrokerEpoch>> enroll(milliseconds patience);
  void await_first_metadata();
  Task<void> draw_producer_ids();
  void build_services();
  void on_zookeeper_event(const zk::WatchEvent& event);
  Task<void> register_again();
  // Runs a task on the control loop and waits for it on this thread.
  template <class T>
  T block_on(Task<T> task) {
    return runtime::block_on(control_loop, gate, std::move(task));
  }
  template <class T>
  std::future<T> start_on_loop(Task<T> task) {
    return runtime::start_on(control_loop, gate, std::move(task));
  }
};

namespace {

// max.connections.per.ip.overrides by numeric address.
Result<std::map<std::string, int32_t>> limits_per_address(const config::BrokerConfig& config) {
  std::map<std::string, int32_t> limits;
  for (const auto& [name, limit] : config.connection_limits()) {
    auto hosts = net::numeric_hosts_of(name);
    if (!hosts)
      return Error{Errc::invalid_config,
                   "max.connections.per.ip.overrides: " + hosts.error().message};
    for (auto& host : *hosts) limits[std::move(host)] = limit;
  }
  return limits;
}

// The one that the file which Kafka ships asks for would leave most processors and disks idle
// while people wait; a few logs at a time are no burden even to a disk that has to seek.
int recovery_threads_per_dir(const config::BrokerConfig& config) {
  constexpr size_t k_most = 4;
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const size_t share = cores / std::max<size_t>(config.log_dirs.size(), 1);
  return std::max(config.num_recovery_threads_per_data_dir,
                  static_cast<int>(std::min(share, k_most)));
}

}  // namespace

Result<void> Broker::Parts::show_metrics() {
  const std::string& address = config.current()->prometheus_address;
  if (address.empty()) return ok();
  auto started = metrics::HttpEndpoint::start(address, [this] { return metrics.text(); });
  if (!started)
    return Error{Errc::invalid_config, "prometheus.address: " + started.error().message};
  metrics_endpoint = std::move(*started);
  return ok();
}

// When every network loop has been around so often, it has read what its connections had sent: each
// time it looks at no more than 128 of them.
void Broker::Parts::catch_up(std::function<void()> next) {
  constexpr int k_rounds = 16;
  struct Round {
    std::function<void()> next;
    std::atomic<size_t> loops_left;
    static void go(const std::shared_ptr<Round>& self, runtime::EventLoop& loop, int rounds) {
      if (rounds > 0) return loop.post([self, &loop, rounds] { go(self, loop, rounds - 1); });
      if (--self->loops_left == 0) self->next();
    }
  };
  auto round = std::make_shared<Round>();
  round->next = std::move(next);
  round->loops_left = network_loops.size();
  for (const auto& loop : network_loops) Round::go(round, *loop, k_rounds);
}

// What needs nothing of ZooKeeper.
void Broker::Parts::start_threads() {
  const auto now = config.current();
  workers = std::make_unique<runtime::Workers>("worker", now->num_io_threads);
  // Loops never block, so more of them than cores would only take turns: on two cores, a third cost
  // a sixth of the CPU of bulk produces and doubled the 99th percentile of small ones.
  const auto cores = static_cast<int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  for (int32_t i = 0; i < std::min(now->num_network_threads, cores); ++i) {
    network_loops.push_back(std::make_unique<runtime::EventLoop>("network-" + std::to_string(i)));
    network_loops.back()->start();
  }
}

// What ZooKeeper and the disk tell before this broker can be anybody. ZooKeeper's answers are
// awaited together: each would be a round trip through the start of every broker.
Result<void> Broker::Parts::prepare() {
  auto cluster = start_on_loop(enter_cluster(*zookeeper));
  auto count = start_on_loop(partition_count(*zookeeper, std::string(group::k_offsets_topic)));
  auto looking = begin_look();
  auto opened = load_settings();
  auto entered = cluster.get();
  if (entered) cluster_id = *entered;
  if (opened && entered) opened = open_logs();
  auto counted = count.get();
  auto looked = end_look(std::move(looking));
  if (!opened) return opened.error();
  if (!entered) return entered.error();
  if (!counted) return counted.error();
  if (!looked) return looked;
  offsets_topic_partitions = *counted;
  return ok();
}

// Logs are opened under the settings that ZooKeeper holds for them, or else the first look at
// retention would go by the defaults.
Result<void> Broker::Parts::load_settings() {
  configs = std::make_unique<admin::Configs>(*zookeeper);
  config.on_change(
      [this](const auto& before, const auto& after) { on_config_change(before, after); });
  config_changes = std::make_unique<ConfigChanges>(
      *zookeeper, *configs, control_loop, Clock::system(),
      ConfigChanges::Appliers{
          .topic = [this](const std::string& topic,
                          const config::Properties& own) { on_topic_change(topic, own); },
          .broker = [this](const config::Properties& cluster,
                           const config::Properties& own) { config.apply_dynamic(cluster, own); }});
  const auto now = config.current();
  std::optional<BrokerId> configured;
  if (now->broker_id >= 0) configured = BrokerId{now->broker_id};
  return block_on(config_changes->load(configured));
}

void Broker::Parts::apply_topic_settings(const std::string& topic, const config::Properties& own) {
  settings.put(topic, own);
  if (!logs) return;
  const auto now_in_force = settings.get(topic);
  for (const auto& log : logs->all())
    if (log->tp().topic == topic) log->update_config(now_in_force->log);
}

void Broker::Parts::on_topic_change(const std::string& topic, const config::Properties& own) {
  apply_topic_settings(topic, own);
  const auto unclean = own.find("unclean.leader.election.enable");
  if (controller && unclean != own.end() && unclean->second == "true")
    controller->try_elections_again();
}

void Broker::Parts::on_config_change(const config::BrokerConfig& before,
                                     const config::BrokerConfig& after) {
  settings.rebuild();
  if (logs) {
    for (const auto& log : logs->all()) log->update_config(settings.get(log->tp().topic)->log);
    if (const auto cleaner = cleaner_options(after)) logs->reconfigure_cleaner(*cleaner);
  }
  if (const auto rate = config::alter_log_dirs_io_max_bytes_per_second(after);
      log_mover && rate != config::alter_log_dirs_io_max_bytes_per_second(before))
    log_mover->set_io_max_bytes_per_second(static_cast<double>(rate));
  auto per_ip = limits_per_address(after);
  if (!per_ip)
    LOG(ERROR) << per_ip.error();
  else if (server)
    server->set_connection_limits(after.max_connections, after.max_connections_per_ip,
                                  std::move(*per_ip));
  if (controller && after.unclean_leader_election_enable && !before.unclean_leader_election_enable)
    controller->try_elections_again();
  for (const std::string_view key : {"num.io.threads", "num.network.threads", "listeners",
                                     "advertised.listeners", "listener.security.protocol.map"})
    if (services && before.text_of(key) != after.text_of(key))
      LOG(WARNING) << key << '=' << *after.text_of(key) << " takes effect at the next start";
}

Task<bool> Broker::Parts::unclean_election_allowed(std::string topic) {
  auto own = co_await configs->read("topics/" + topic);
  const auto broker = config.current();
  if (!own) co_return false;
  const auto parsed = config::TopicConfig::from(*broker, *own);
  co_return parsed && parsed->unclean_leader_election_enable;
}

Result<void> Broker::Parts::open_logs() {
  const auto now = config.current();
  log::LogDirsOptions options{.dirs = now->log_dirs, .defaults = settings.defaults()};
  options.config_of = [this](const std::string& topic) { return settings.get(topic)->log; };
  options.recovery_threads_per_dir = recovery_threads_per_dir(*now);
  options.retention_check_ms = now->log_retention_check_interval_ms;
  options.recovery_point_checkpoint_ms = now->log_flush_offset_checkpoint_interval_ms;
  options.log_start_checkpoint_ms = now->log_flush_start_offset_checkpoint_interval_ms;
  options.high_watermark_checkpoint_ms = now->replica_high_watermark_checkpoint_interval_ms;
  options.cleaner = cleaner_options(*now);
  options.metrics = &metrics;
  options.admit = [this](const log::LogDirs& dirs) { return identify(dirs); };
  options.on_dir_failure = [this](const std::string& dir, const Error&, size_t live) {
    // While opening, open() itself tells. When it joins, the controller asks for each replica.
    if (!logs) return;
    if (live > 0) {
      if (!is_joining) return;
      runtime::spawn(control_loop, "log-dir-failure", gate,
                     announce_log_dir_failure(*zookeeper, id));
      return;
    }
    LOG(ERROR) << "Shutdown broker because all log dirs have failed, the last of them " << dir;
    google::FlushLogFiles(google::INFO);
    // Nothing of what an orderly stop would do can be done without a disk.
    std::_Exit(EXIT_FAILURE);
  };
  auto opened = log::LogDirs::open(std::move(options));
  if (!opened) return opened.error();
  logs = std::move(*opened);
  logs->start();
  return ok();
}

// Which broker of which cluster this is: ZooKeeper, the settings and the data directories must
// agree.
Result<void> Broker::Parts::identify(const log::LogDirs& dirs) {
  const auto now = config.current();
  std::optional<BrokerId> configured;
  if (now->broker_id >= 0) configured = BrokerId{now->broker_id};
  auto meta = dirs.check_meta(configured);
  if (!meta) return meta.error();
  if (auto same = log::LogDirs::check_cluster_id(*meta, cluster_id); !same) return same.error();
  if (configured) {
    id = *configured;
  } else if (meta->broker_id) {
    id = *meta->broker_id;
  } else {
    auto generated = block_on(generate_broker_id(*zookeeper, now->reserved_broker_max_id));
    if (!generated) return generated.error();
    id = *generated;
  }
  return ok();
}

void Broker::Parts::build_services() {
  const auto now = config.current();
  partitions = std::make_unique<replica::PartitionTable>(
      id, *logs, [this](const std::string& topic) { return settings.get(topic); });
  log_mover = std::make_unique<replica::LogMover>(
      replica::LogMoverOptions{.threads = now->num_replica_alter_log_dirs_threads.value_or(
                                   static_cast<int32_t>(now->log_dirs.size())),
                               .fetch_max_bytes = now->replica_fetch_max_bytes,
                               .io_max_bytes_per_second = static_cast<double>(
                                   config::alter_log_dirs_io_max_bytes_per_second(*now))},
      *partitions, *logs);
  fetch_sessions =
      std::make_unique<replica::FetchSessionCache>(now->max_incremental_fetch_session_cache_slots);
  groups = std::make_unique<group::Coordinator>(
      group::Options::from(id, *now), *partitions, Clock::system(),
      [this](std::function<void()> next) { catch_up(std::move(next)); });
  producer_ids = std::make_unique<api::ProducerIds>(id, *zookeeper);
  topics = std::make_unique<admin::Topics>(*zookeeper, *configs);
  controller::Options options{.broker_id = id,
                              .inter_broker_listener = now->inter_broker_listener(),
                              .delete_topic_enable = now->delete_topic_enable};
  options.on_features_epoch = [this](int64_t epoch) { features_epoch = epoch; };
  options.unclean_election_allowed = [this](std::string topic) {
    return unclean_election_allowed(std::move(topic));
  };
  controller = std::make_unique<controller::Controller>(std::move(options), *zookeeper,
                                                        control_loop, Clock::system());
  services = std::make_unique<api::Services>(
      api::Services{.broker_id = id,
                    .cluster_id = cluster_id,
                    .finalized_features_epoch = features_epoch,
                    .config = config,
                    .logs = *logs,
                    .cold_reads = cold_reads,
                    .partitions = *partitions,
                    .log_mover = *log_mover,
                    .fetch_sessions = *fetch_sessions,
                    .groups = *groups,
                    .metadata = metadata,
                    .controller = *controller,
                    .zookeeper = *zookeeper,
                    .fence = fence,
                    .producer_ids = *producer_ids,
                    .topics = *topics,
                    .configs = *configs,
                    .apply_topic_settings =
                        [this](const std::string& topic, const config::Properties& own) {
                          apply_topic_settings(topic, own);
                        },
                    .internal_topic_listeners = {groups.get()},
                    .workers = *workers,
                    .conversion_memory = conversion_memory,
                    .clock = Clock::system()});
  dispatcher = std::make_unique<api::Dispatcher>(*services);
}

Result<void> Broker::Parts::listen() {
  const auto now = config.current();
  std::vector<runtime::EventLoop*> loops;
  for (const auto& loop : network_loops) loops.push_back(loop.get());
  net::ServerLimits limits{
      .request_max_bytes = now->socket_request_max_bytes,
      .idle_max = milliseconds{now->connections_max_idle_ms},
      .connections_max = now->max_connections,
      .connections_per_ip_max = now->max_connections_per_ip,
      .send_buffer_bytes = net::send_buffer_bytes_to_set(now->socket_send_buffer_bytes),
      .receive_buffer_bytes = net::receive_buffer_bytes_to_set(now->socket_receive_buffer_bytes)};
  auto per_ip = limits_per_address(*now);
  if (!per_ip) return per_ip.error();
  limits.connections_per_ip_overrides = std::move(*per_ip);
  server = std::make_unique<net::Server>(std::move(loops), *dispatcher, std::move(limits));
  for (const auto& endpoint : now->endpoints()) {
    if (endpoint.security_protocol != config::SecurityProtocol::plaintext)
      return Error{Errc::invalid_config, "listener " + endpoint.to_string() +
                                             " needs a security protocol other than PLAINTEXT, "
                                             "which this broker does not offer. Change `listeners` "
                                             "or `listener.security.protocol.map`."};
    auto port =
        server->listen({.listener_name = endpoint.listener_name,
                        .security_protocol = "PLAINTEXT",
                        .host = endpoint.host,
                        .port = static_cast<uint16_t>(endpoint.port),
                        .is_privileged = now->endpoints().size() > 1 &&
                                         endpoint.listener_name == now->inter_broker_listener()});
    if (!port) return port.error();
    bound_ports[endpoint.listener_name] = *port;
  }
  return ok();
}

Broker::Parts::Looking Broker::Parts::begin_look() {
  looked_at = std::chrono::steady_clock::now();
  return {.registered = start_on_loop(registered_endpoints(*zookeeper)),
          .vacancy = start_on_loop(controller::look_for_vacancy(*zookeeper))};
}

Result<void> Broker::Parts::end_look(Looking looking) {
  auto listed = looking.registered.get();
  vacancy = looking.vacancy.get();
  if (!listed) return listed.error();
  registered = std::move(*listed);
  return ok();
}

// A cluster without a controller gets one in the time of the registration's own answer. Not where
// that is likely to be refused, as an office without a registered broker is of use to nobody.
Result<void> Broker::Parts::join_cluster() {
  const auto now = config.current();
  // ZooKeeper ends sessions by its ticks, and later when it is busy.
  constexpr milliseconds k_least_patience{15'000};
  const auto patience =
      std::max(milliseconds{2 * now->zookeeper_session_timeout_ms}, k_least_patience);
  // A recovery may have taken its time.
  constexpr std::chrono::seconds k_recent{1};
  if (std::chrono::steady_clock::now() - looked_at > k_recent)
    if (auto looked = end_look(begin_look()); !looked) return looked;
  if (auto free = check_endpoints_free(registered, id, now->advertised_endpoints()); !free)
    return free;
  const bool stands_at_once = vacancy && !registered.contains(std::to_string(id.value()));
  is_joining = true;
  auto registering = start_on_loop(enroll(patience));
  if (stands_at_once) controller->start(std::move(vacancy));
  if (auto epoch = registering.get(); !epoch) return epoch.error();
  // Not before: with the id of another broker in them, the directories would refuse the right one.
  if (auto written = logs->write_meta({.broker_id = id, .cluster_id = cluster_id}); !written)
    return written;
  // Orders make logs, which are to be in directories of a known broker; and whoever came while a
  // former session is waited out would be told of no topics.
  server->accept_all();
  if (stands_at_once)
    controller->stand_again();
  else
    controller->start();
  config_changes->follow();
  runtime::spawn(control_loop, "producer-ids", gate, draw_producer_ids());
  await_first_metadata();
  return ok();
}

// Without a block the first producer that asks tries again.
Task<void> Broker::Parts::draw_producer_ids() {
  auto drawn = co_await producer_ids->draw_block();
  if (!drawn) LOG(WARNING) << "no block of producer ids yet: " << drawn.error();
}

// Clients that come with the first line "started" must find this broker in its own metadata. A
// cluster without a controller can't give any, so the wait is bounded.
void Broker::Parts::await_first_metadata() {
  constexpr std::chrono::seconds k_patience{10};
  auto known = std::make_shared<std::promise<void>>();
  auto once = std::make_shared<std::once_flag>();
  const auto check = [this, known, once](const metadata::Image& image) {
    if (image.broker(id)) std::call_once(*once, [known] { known->set_value(); });
  };
  const auto listening = metadata.listen(check);
  check(*metadata.get());
  if (known->get_future().wait_for(k_patience) == std::future_status::timeout)
    LOG(WARNING) << "no controller has told of this broker within " << k_patience.count() << " s";
}

// With a session. What has come up when this fails is for wind_down().
Result<void> Broker::Parts::come_up() {
  if (auto prepared = prepare(); !prepared) return prepared;
  if (config.current()->broker_id < 0)  // only now is it known whose settings are this broker's
    if (auto loaded = block_on(config_changes->load(id)); !loaded) return loaded;
  build_services();
  // Groups are spread over as many partitions as __consumer_offsets has, or will have when the
  // first group comes.
  groups->start(offsets_topic_partitions.value_or(config.current()->offsets_topic_num_partitions));
  // No watch was set before.
  zookeeper->set_listener([this](const zk::WatchEvent& event) { on_zookeeper_event(event); });
  if (auto listening = listen(); !listening) return listening;
  return join_cluster();
}

Result<void> Broker::Parts::wind_down() {
  constexpr milliseconds k_patience{5000};
  if (config_changes) config_changes->stop();
  if (controller) controller->stop();
  if (groups) groups->stop();
  if (server) server->stop(std::chrono::steady_clock::now() + k_patience);
  for (auto& loop : network_loops) loop->stop();
  // What they do for requests that have been given up uses the requests' own bytes, and logs.
  workers.reset();
  if (log_mover) log_mover->stop();
  auto closed = logs ? logs->close() : ok();
  gate.close();
  zookeeper->close();
  control_loop.stop();
  return closed;
}

void Broker::Parts::leave_cluster() {
  const auto now = config.current();
  if (!now->controlled_shutdown_enable) return;
  block_on(controlled_shutdown(*zookeeper, control_loop, now, id, fence.broker_epoch()));
}

// Orders that bear the epoch may follow at once, so that the loop that got it is to tell the fence.
Task<Result<BrokerEpoch>> Broker::Parts::enroll(milliseconds patience) {
  auto epoch = co_await register_broker(
      *zookeeper, id, registration_of(*config.current(), bound_ports, Clock::system().wall_ms()),
      patience, registered_session);
  if (!epoch) co_return epoch;
  registered_session = zookeeper->session_id();
  fence.set_broker_epoch(*epoch);
  co_return epoch;
}

Task<void> Broker::Parts::register_again() {
  for (;;) {
    auto epoch = co_await enroll(milliseconds{config.current()->zookeeper_session_timeout_ms});
    if (epoch) {
      LOG(INFO) << "registered again with broker epoch " << *epoch;
      break;
    }
    LOG(ERROR) << "could not register again: " << epoch.error() << "; trying on";
  }
  controller->stand_again();
}

void Broker::Parts::on_zookeeper_event(const zk::WatchEvent& event) {
  config_changes->on_event(event);
  controller->on_event(event);
  if (event.type == zk::WatchEvent::Type::session_established && is_joining)
    runtime::spawn(control_loop, "registration", gate, register_again());
}

Broker::Broker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Broker::~Broker() = default;

Result<std::unique_ptr<Broker>> Broker::start(config::BrokerConfig config) {
  auto parts = std::make_unique<Parts>(std::move(config));
  const auto now = parts->config.current();
  for (const auto& warning : now->warnings()) LOG(WARNING) << warning;
  // Before everything that takes its time, such as a recovery.
  if (auto shown = parts->show_metrics(); !shown) return shown.error();
  parts->control_loop.start();
  auto connecting = std::async(std::launch::async, [&] {
    return zk::ApacheClient::connect(
        {.connect = now->zookeeper_connect,
         .session_timeout = milliseconds{now->zookeeper_session_timeout_ms},
         .connection_timeout = milliseconds{now->zookeeper_connect_time_ms()},
         .loop = &parts->control_loop});
  });
  parts->start_threads();
  auto zookeeper = connecting.get();
  if (!zookeeper) return zookeeper.error();
  parts->zookeeper = std::move(*zookeeper);
  if (auto up = parts->come_up(); !up) {
    parts->wind_down();
    return up.error();
  }
  LOG(INFO) << "[KafkaServer id=" << parts->id << "] started (kafka.server.KafkaServer)";
  return std::unique_ptr<Broker>(new Broker(std::move(parts)));
}

Result<void> Broker::stop() {
  LOG(INFO) << "[KafkaServer id=" << parts_->id << "] shutting down (kafka.server.KafkaServer)";
  parts_->leave_cluster();
  auto closed = parts_->wind_down();
  LOG(INFO) << "[KafkaServer id=" << parts_->id
            << "] shut down completed (kafka.server.KafkaServer)";
  return closed;
}

}  // namespace samsa::broker
