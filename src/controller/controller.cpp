#include "controller/controller.h"

#include <glog/logging.h>

#include "controller/guarded_writes.h"
#include "zk/schema/brokers.h"
#include "zk/schema/topics.h"

namespace samsa::controller {

using runtime::Task;
using zk::Op;
using zk::WatchEvent;
using zk::ZkCode;

namespace {

// Before an office that is of no use is given up, or ZooKeeper would see elections without a pause.
constexpr milliseconds k_breather{1000};

struct Look {
  zk::ZkFuture<zk::Data> holder, epoch;
};

Look look(zk::Client& zookeeper, bool watch) {
  return {.holder = zookeeper.get(std::string(zk::k_controller_path), watch),
          .epoch = zookeeper.get(std::string(zk::k_controller_epoch_path), false)};
}

}  // namespace

Task<std::optional<Vacancy>> look_for_vacancy(zk::Client& zookeeper) {
  const auto seen = look(zookeeper, false);
  const auto holder = co_await seen.holder.wait();
  auto epoch = co_await seen.epoch.wait();
  if (holder.code != ZkCode::no_node || (!epoch && epoch.code != ZkCode::no_node))
    co_return std::nullopt;
  co_return Vacancy{std::move(epoch)};
}

Controller::Controller(Options options, zk::Client& zookeeper, runtime::EventLoop& loop,
                       Clock& clock)
    : options_(std::move(options)),
      zookeeper_(zookeeper),
      loop_(loop),
      clock_(clock),
      channels_(std::make_unique<BrokerChannels>(
          loop, gate_, options_.broker_id,
          BrokerChannels::Answers{
              .led = [this](BrokerId broker, const auto& response) { on_led(broker, response); },
              .stopped = [this](
                             BrokerId broker, const auto& request,
                             const auto& response) { on_stopped(broker, request, response); }})) {}

Controller::~Controller() = default;

void Controller::start(std::optional<Vacancy> vacancy) {
  runtime::spawn(loop_, "controller", gate_, run_events());
  if (!vacancy) return stand_again();
  enqueue([this, seen = std::move(*vacancy)] { return stand_ahead(seen); });
}

void Controller::stand_again() {
  enqueue([this] {
    is_registered_ = true;
    return elect();
  });
}

void Controller::stop() {
  constexpr milliseconds k_patience{5000};
  loop_.post([this] {
    stopping_ = true;
    active_ = false;
    channels_->clear();
    event_arrived_.notify();
  });
  gate_.close();
  if (!gate_.drain(std::chrono::steady_clock::now() + k_patience))
    LOG(WARNING) << "the controller's last event did not end in time";
}

void Controller::enqueue(Event event) {
  loop_.post([this, event = std::move(event)]() mutable {
    events_.push_back(std::move(event));
    event_arrived_.notify();
  });
}

Task<void> Controller::run_events() {
  constexpr milliseconds k_idle_look{60000};
  while (!stopping_) {
    if (events_.empty()) {
      co_await event_arrived_.until(std::chrono::steady_clock::now() + k_idle_look);
      continue;
    }
    Event event = std::move(events_.front());
    events_.pop_front();
    co_await event();
  }
}

void Controller::on_event(const WatchEvent& event) {
  using Type = WatchEvent::Type;
  switch (event.type) {
    case Type::session_expired:
      enqueue([this] {
        return [](Controller* self) -> Task<void> {
          self->is_registered_ = false;
          self->resign();
          co_return;
        }(this);
      });
      return;
    case Type::session_established:
    case Type::session_connected:
    case Type::session_disconnected:
      return;
    case Type::node_created:
    case Type::node_deleted:
    case Type::data_changed:
    case Type::children_changed:
      break;
  }
  if (event.path == zk::k_controller_path) {
    enqueue([this] { return elect(); });
  } else if (event.path == zk::k_broker_ids_path) {
    enqueue([this] { return brokers_changed(); });
  } else if (event.path == zk::k_topics_path) {
    enqueue([this] { return topics_changed(); });
  } else if (event.path == zk::k_delete_topics_path) {
    enqueue([this] { return deletions_changed(); });
  } else if (event.path == zk::k_log_dir_events_path) {
    enqueue([this] { return log_dirs_changed(); });
  } else if (event.path.starts_with(zk::k_topics_path) && event.type == Type::data_changed) {
    enqueue([this, topic = event.path.substr(zk::k_topics_path.size() + 1)] {
      return read_topics({topic});
    });
  }
}

Op Controller::epoch_check() const {
  return Op::check(std::string(zk::k_controller_epoch_path), context_.epoch_zk_version);
}

std::vector<BrokerId> Controller::live_ids() const {
  std::vector<BrokerId> ids;
  for (const auto& [id, broker] : context_.live) ids.push_back(id);
  return ids;
}

void Controller::resign() {
  if (!active_.exchange(false)) return;
  LOG(INFO) << "[Controller id=" << options_.broker_id << "] resigned";
  channels_->clear();
  context_ = Context{};
}

Task<std::optional<Vacancy>> Controller::find_vacancy() {
  const std::string path(zk::k_controller_path);
  while (!stopping_) {
    const auto seen = look(zookeeper_, true);
    const auto holder = co_await seen.holder.wait();
    if (holder) {
      const auto id = zk::decode_controller(holder.value.data);
      const bool is_mine = id && *id == options_.broker_id &&
                           holder.value.stat.ephemeral_owner == zookeeper_.session_id();
      if (is_mine && active_) co_return std::nullopt;
      if (!is_mine) {
        resign();
        co_return std::nullopt;
      }
      // Ours, but made by an answer that was lost: step down from it and run again, as its epoch is
      // not known for sure.
      co_await zookeeper_.remove(path, holder.value.stat.version).wait();
      continue;
    }
    if (holder.code == ZkCode::session_expired) break;  // asked again with the new session
    if (holder.code != ZkCode::no_node) {
      co_await runtime::sleep_for(milliseconds{100});
      continue;
    }
    resign();
    auto epoch = co_await seen.epoch.wait();
    if (epoch || epoch.code == ZkCode::no_node) co_return Vacancy{std::move(epoch)};
  }
  co_return std::nullopt;
}

Task<void> Controller::elect() {
  while (is_registered_) {
    const auto vacancy = co_await find_vacancy();
    if (!vacancy) co_return;
    const bool is_settled = co_await stand(*vacancy);
    if (is_settled) co_return;
  }
}

// Once: if it fails, the registration comes first, after which the broker asks for an election.
Task<void> Controller::stand_ahead(Vacancy vacancy) { co_await stand(std::move(vacancy)); }

Task<bool> Controller::stand(Vacancy vacancy) {
  const auto known = vacancy.epoch ? zk::decode_controller_epoch(vacancy.epoch.value.data)
                                   : Result<ControllerEpoch>{ControllerEpoch{0}};
  if (!known || known->value() == INT32_MAX) {
    LOG(ERROR) << "There can be no controller: " << zk::k_controller_epoch_path << " holds "
               << (known ? std::to_string(INT32_MAX) : known.error().message);
    co_await runtime::sleep_for(milliseconds{1000});
    co_return false;
  }
  const int32_t next = known->value() + 1;
  auto election = stand_for_election(next, vacancy.epoch);
  // Begun before the outcome is known, or else each would cost a new cluster another round trip.
  auto watched = zookeeper_.exists(std::string(zk::k_controller_path), true);
  FirstReads reads{.broker_ids = broker_ids(),
                   .topics = topic_names(),
                   .log_dir_events = log_dir_events(),
                   .deletions = zookeeper_.children(std::string(zk::k_delete_topics_path), false),
                   .own_broker = zookeeper_.get(zk::broker_path(options_.broker_id), false)};
  const auto won = co_await election.wait();
  const auto still = co_await watched.wait();
  // The second: taken from us before we could watch it.
  if (!won || still.code == ZkCode::no_node) co_return false;
  context_ = Context{};
  context_.epoch = ControllerEpoch{next};
  context_.epoch_zk_version = won.value[1].stat.version;
  auto own_broker = co_await reads.own_broker.wait();
  if (!own_broker || own_broker.value.stat.ephemeral_owner != zookeeper_.session_id()) {
    LOG(WARNING) << "[Controller id=" << options_.broker_id
                 << "] elected while the broker is not registered; giving the office up";
    // Somebody has removed the registration: there is an election again at once.
    if (is_registered_) co_await runtime::sleep_for(k_breather);
    co_await give_office_up();
    co_return true;
  }
  reads.own_broker = {};  // a wait takes the value
  reads.own_broker.set(std::move(own_broker));
  co_await take_office(std::move(reads));
  co_return true;
}

// /controller and its raised epoch in one step, so that two winners can't share an epoch. The first
// controller of a cluster makes the epoch's znode; when another does so first, the step fails.
zk::ZkFuture<std::vector<zk::OpResult>> Controller::stand_for_election(
    int32_t next, const zk::ZkResult<zk::Data>& known_epoch) {
  const std::string epoch_path(zk::k_controller_epoch_path);
  const bool is_first = known_epoch.code == ZkCode::no_node;
  if (is_first) zookeeper_.create(epoch_path, "0", zk::CreateMode::persistent);
  std::vector<Op> ops;
  ops.push_back(Op::create(std::string(zk::k_controller_path),
                           zk::encode_controller(options_.broker_id, clock_.wall_ms()),
                           zk::CreateMode::ephemeral));
  ops.push_back(
      Op::set(epoch_path, std::to_string(next), is_first ? 0 : known_epoch.value.stat.version));
  return zookeeper_.multi(std::move(ops));
}

zk::ZkFuture<std::vector<std::string>> Controller::broker_ids() {
  return zookeeper_.children(std::string(zk::k_broker_ids_path), true);
}

zk::ZkFuture<std::vector<std::string>> Controller::topic_names() {
  return zookeeper_.children(std::string(zk::k_topics_path), true);
}

// Not one that somebody else has taken since.
Task<void> Controller::give_office_up() {
  Op guard = epoch_check();
  std::vector<Op> removal = {Op::remove(std::string(zk::k_controller_path))};
  context_ = Context{};
  co_await write_guarded(zookeeper_, std::move(guard), std::move(removal));
}

Task<void> Controller::take_office(FirstReads reads) {
  LOG(INFO) << "[Controller id=" << options_.broker_id << "] elected with epoch " << context_.epoch;
  // What the former controller was told of: every broker is asked below. What comes later is news.
  const auto events = co_await reads.log_dir_events.wait();
  if (events) co_await remove_log_dir_events(events.value);
  if (!co_await load_cluster(std::move(reads))) {
    LOG(WARNING) << "[Controller id=" << options_.broker_id
                 << "] could not read the cluster's state; giving the office up";
    co_await runtime::sleep_for(k_breather);
    co_await give_office_up();
    co_return;
  }
  active_ = true;
  for (const auto& [id, live] : context_.live) {
    const auto endpoint = live.broker.endpoints.find(options_.inter_broker_listener);
    if (endpoint != live.broker.endpoints.end())
      channels_->add(id, endpoint->second.host, static_cast<uint16_t>(endpoint->second.port));
  }
  order_everything(live_ids());
  co_await elect_missing();
  co_await deletions_changed();
  co_await ensure_feature_node();
}

Task<bool> Controller::load_cluster(FirstReads first) {
  if (!co_await read_brokers(std::move(first.broker_ids), first.own_broker)) co_return false;
  const auto topics = co_await first.topics.wait();
  if (!topics && topics.code != ZkCode::no_node) co_return false;
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const auto& topic : topics.value)
    reads.push_back(zookeeper_.get(zk::topic_path(topic), true));
  std::vector<TopicPartition> partitions;
  for (size_t i = 0; i < reads.size(); ++i) {
    const auto data = co_await reads[i].wait();
    if (data.code == ZkCode::no_node) continue;
    if (!data) co_return false;
    auto znode = zk::TopicZnode::decode(data.value.data);
    if (!znode) {
      LOG(ERROR) << zk::topic_path(topics.value[i]) << ": " << znode.error();
      continue;
    }
    for (const auto& [index, replicas] : znode->replicas)
      partitions.push_back({topics.value[i], index});
    context_.assignments[topics.value[i]] = std::move(znode->replicas);
  }
  // Those have no elections any more, nor are brokers and clients told of leaders.
  const auto deletions = co_await first.deletions.wait();
  if (!deletions && deletions.code != ZkCode::no_node) co_return false;
  for (const auto& topic : deletions.value)
    if (options_.delete_topic_enable && context_.assignments.contains(topic))
      context_.deleting.insert(topic);
  co_await read_states(std::move(partitions));
  co_return true;
}

Task<bool> Controller::read_brokers(zk::ZkFuture<std::vector<std::string>> listing,
                                    std::optional<zk::ZkFuture<zk::Data>> own) {
  const auto ids = co_await listing.wait();
  if (!ids && ids.code != ZkCode::no_node) co_return false;
  std::vector<std::pair<BrokerId, zk::ZkFuture<zk::Data>>> reads;
  for (const auto& text : ids.value) {
    const BrokerId id{std::atoi(text.c_str())};
    const bool is_read = own && id == options_.broker_id;
    reads.emplace_back(id, is_read ? *own : zookeeper_.get(zk::broker_path(id), false));
  }
  std::map<BrokerId, LiveBroker> live;
  for (auto& [id, read] : reads) {
    const auto data = co_await read.wait();
    if (!data) continue;
    auto znode = zk::BrokerZnode::decode(data.value.data);
    if (!znode) {
      LOG(ERROR) << zk::broker_path(id) << ": " << znode.error();
      continue;
    }
    LiveBroker broker{.broker = {.id = id, .rack = znode->rack},
                      .epoch = BrokerEpoch{data.value.stat.czxid}};
    static const std::map<std::string, int16_t, std::less<>> k_protocols = {
        {"PLAINTEXT", 0}, {"SSL", 1}, {"SASL_PLAINTEXT", 2}, {"SASL_SSL", 3}};
    for (const auto& endpoint : znode->endpoints) {
      const auto protocol = k_protocols.find(endpoint.security_protocol);
      broker.broker.endpoints[endpoint.listener] = {
          .host = endpoint.host,
          .port = endpoint.port,
          .security_protocol = protocol == k_protocols.end() ? int16_t{0} : protocol->second};
    }
    live.emplace(id, std::move(broker));
  }
  context_.live = std::move(live);
  co_return true;
}

Task<void> Controller::read_states(std::vector<TopicPartition> partitions) {
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const auto& tp : partitions)
    reads.push_back(zookeeper_.get(zk::partition_state_path(tp), false));
  for (size_t i = 0; i < reads.size(); ++i) {
    const auto data = co_await reads[i].wait();
    if (!data) continue;
    auto state = zk::PartitionStateZnode::decode(data.value.data);
    if (!state) {
      LOG(ERROR) << zk::partition_state_path(partitions[i]) << ": " << state.error();
      continue;
    }
    context_.leaderships[partitions[i]] = {.leader = state->leader,
                                           .leader_epoch = state->leader_epoch,
                                           .isr = state->isr,
                                           .controller_epoch = state->controller_epoch,
                                           .zk_version = ZkVersion{data.value.stat.version}};
  }
}

Task<void> Controller::brokers_changed() {
  const auto before = context_.live;
  if (!active_ || !co_await read_brokers(broker_ids())) co_return;
  std::vector<BrokerId> gone, arrived;
  for (const auto& [id, broker] : before)
    if (!context_.live.contains(id)) gone.push_back(id);
  for (const auto& [id, broker] : context_.live) {
    const auto known = before.find(id);
    if (known != before.end() && known->second.epoch == broker.epoch) continue;
    arrived.push_back(id);
    if (known != before.end()) gone.push_back(id);  // it came back under a new epoch
  }
  for (const BrokerId id : gone) {
    channels_->remove(id);
    context_.shutting_down.erase(id);
    context_.on_offline_dirs.erase(id);
    LOG(INFO) << "[Controller id=" << options_.broker_id << "] broker " << id << " has gone";
  }
  for (const BrokerId id : arrived) {
    const auto& endpoints = context_.live.at(id).broker.endpoints;
    const auto endpoint = endpoints.find(options_.inter_broker_listener);
    if (endpoint == endpoints.end()) continue;
    channels_->add(id, endpoint->second.host, static_cast<uint16_t>(endpoint->second.port));
    LOG(INFO) << "[Controller id=" << options_.broker_id << "] broker " << id << " has come";
  }
  if (!arrived.empty()) order_everything(arrived);
  order_metadata({}, live_ids());
  if (!gone.empty()) co_await handle_broker_loss(gone);
  co_await elect_missing();
  for (const auto& topic : std::set<std::string>(context_.deleting)) try_delete(topic);
}

Task<void> Controller::topics_changed() {
  if (!active_) co_return;
  const auto topics = co_await topic_names().wait();
  if (!topics) co_return;
  const std::set<std::string, std::less<>> there(topics.value.begin(), topics.value.end());
  std::vector<std::string> fresh, gone;
  for (const auto& topic : there)
    if (!context_.assignments.contains(topic)) fresh.push_back(topic);
  for (const auto& [topic, partitions] : context_.assignments)
    if (!there.contains(topic)) gone.push_back(topic);
  for (const auto& topic : gone) context_.forget_topic(topic);
  co_await read_topics(std::move(fresh));
}

Task<void> Controller::read_topics(std::vector<std::string> topics) {
  if (!active_) co_return;
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const auto& topic : topics) reads.push_back(zookeeper_.get(zk::topic_path(topic), true));
  for (size_t i = 0; i < reads.size(); ++i) {
    const auto data = co_await reads[i].wait();
    if (!data) continue;
    auto znode = zk::TopicZnode::decode(data.value.data);
    if (!znode) {
      LOG(ERROR) << zk::topic_path(topics[i]) << ": " << znode.error();
      continue;
    }
    if (context_.deleting.contains(topics[i])) continue;
    // Known partitions stay as they are: only a reassignment moves them.
    context_.assignments[topics[i]].merge(znode->replicas);
  }
  co_await elect_missing();
}

Task<void> Controller::ensure_feature_node() {
  const std::string path(zk::k_feature_path);
  auto known = co_await zookeeper_.exists(path, false).wait();
  if (known.code == ZkCode::no_node) {
    co_await zookeeper_.create(path, zk::encode_empty_feature(), zk::CreateMode::persistent).wait();
    known = co_await zookeeper_.exists(path, false).wait();
  }
  if (known && options_.on_features_epoch) options_.on_features_epoch(known.value.version);
}

}  // namespace samsa::controller
