#pragma once
// The controller: elected through /controller, decides leadership for the cluster, writes it to
// ZooKeeper and orders it to the brokers. One event at a time, on a loop of its own; decisions are
// in core/.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/errc.h"
#include "controller/broker_channels.h"
#include "controller/core/context.h"
#include "controller/core/requests.h"
#include "runtime/wait.h"
#include "zk/client/client.h"

namespace samsa::controller {

struct Options {
  BrokerId broker_id;
  std::string inter_broker_listener;
  bool delete_topic_enable = true;
  // Whether a replica that is not in sync may lead the topic.
  std::function<runtime::Task<bool>(std::string topic)> unclean_election_allowed;
  // The version of /feature, whenever it was read.
  std::function<void(int64_t)> on_features_epoch;
};

// That nobody held the office when it was looked at. An old look does no harm: a candidacy that
// comes too late fails.
struct Vacancy {
  zk::ZkResult<zk::Data> epoch;  // its znode; NO_NODE where there has been no controller yet
};
// Nothing where somebody holds it, or ZooKeeper does not answer. Sets no watch. On the loop.
runtime::Task<std::optional<Vacancy>> look_for_vacancy(zk::Client& zookeeper);

class Controller {
 public:
  // The loop is the controller's alone; the client delivers its events on it. Both outlive the
  // controller.
  Controller(Options options, zk::Client& zookeeper, runtime::EventLoop& loop, Clock& clock);
  ~Controller();

  // Takes part in elections from now on: the broker has registered, or has begun to while the
  // office is vacant. The candidacy for that one then follows the registration without waiting for
  // an answer, behind what the loop was given before.
  void start(std::optional<Vacancy> vacancy = std::nullopt);
  // The broker has registered after it had not been, or after start() had not waited to know. Any
  // thread.
  void stand_again();
  // Gives the office up. The znode goes with the session. Blocks; not from the loop.
  void stop();
  // Every event of the ZooKeeper client; on the loop.
  void on_event(const zk::WatchEvent& event);

  bool is_active() const { return active_; }
  // More replicas may lead than before: looks for leaders of partitions that have none. Any thread.
  void try_elections_again();

  // The stopping broker hands its leaderships over; the partitions that nobody could take.
  // NOT_CONTROLLER when not active, STALE_BROKER_EPOCH for an earlier life, BROKER_NOT_AVAILABLE
  // for an unknown broker. Any loop.
  runtime::Task<Result<std::vector<TopicPartition>>> controlled_shutdown(BrokerId broker,
                                                                         int64_t broker_epoch);
  // What leaders ask for (KIP-497): each partition's leadership as it is now, or why it may not
  // change. NOT_CONTROLLER, STALE_BROKER_EPOCH for all. Any loop.
  runtime::Task<Result<std::map<TopicPartition, Result<Leadership>>>> alter_isr(
      BrokerId from, int64_t broker_epoch, std::vector<IsrChange> changes);
  // The leader that each partition has got, or why there was no election (KIP-460). Any loop.
  runtime::Task<std::map<TopicPartition, Result<BrokerId>>> elect_leaders(
      std::vector<TopicPartition> partitions, ElectionType type);
  // Judges each wish to move replicas; nothing moves yet (KIP-455). NOT_CONTROLLER. Any loop.
  runtime::Task<Result<std::map<TopicPartition, Error>>> reassign(
      std::map<TopicPartition, std::optional<Replicas>> targets);

 private:
  using Event = std::function<runtime::Task<void>()>;
  // A partition's state as it is to be written; fresh ones are created.
  struct StateWrite {
    TopicPartition tp;
    Leadership leadership;
    bool is_new = false;
  };

  void enqueue(Event event);
  // Runs the member on the loop, as an event of its own, and gives its answer to the caller's loop.
  template <class Answer>
  runtime::Task<Answer> ask(std::function<runtime::Task<Answer>()> question);
  runtime::Task<Result<std::vector<TopicPartition>>> process_controlled_shutdown(BrokerId broker,
                                                                                 int64_t epoch);
  runtime::Task<Result<std::map<TopicPartition, Result<Leadership>>>> process_alter_isr(
      BrokerId from, int64_t broker_epoch, std::vector<IsrChange> changes);
  runtime::Task<std::map<TopicPartition, Result<BrokerId>>> process_election(
      std::vector<TopicPartition> partitions, ElectionType type);
  runtime::Task<Result<std::map<TopicPartition, Error>>> process_reassignment(
      std::map<TopicPartition, std::optional<Replicas>> targets);
  runtime::Task<void> run_events();

  runtime::Task<void> elect();
  // Nothing where somebody holds the office, whose going a watch tells, and where the session has
  // expired.
  runtime::Task<std::optional<Vacancy>> find_vacancy();
  // False when another attempt is due; true when the office was taken, or given up again.
  runtime::Task<bool> stand(Vacancy vacancy);
  runtime::Task<void> stand_ahead(Vacancy vacancy);
  // What taking office waits for first.
  struct FirstReads {
    zk::ZkFuture<std::vector<std::string>> broker_ids, topics, log_dir_events, deletions;
    zk::ZkFuture<zk::Data> own_broker;
  };
  zk::ZkFuture<std::vector<zk::OpResult>> stand_for_election(
      int32_t next, const zk::ZkResult<zk::Data>& known_epoch);
  // Both set a watch.
  zk::ZkFuture<std::vector<std::string>> broker_ids();
  zk::ZkFuture<std::vector<std::string>> topic_names();
  runtime::Task<bool> load_cluster(FirstReads first);
  runtime::Task<void> give_office_up();
  runtime::Task<void> take_office(FirstReads reads);
  void resign();

  // `own`: the read of this broker's registration, where it is under way already.
  runtime::Task<bool> read_brokers(zk::ZkFuture<std::vector<std::string>> listing,
                                   std::optional<zk::ZkFuture<zk::Data>> own = std::nullopt);
  runtime::Task<void> brokers_changed();
  runtime::Task<void> topics_changed();
  runtime::Task<void> read_topics(std::vector<std::string> topics);
  runtime::Task<void> read_states(std::vector<TopicPartition> partitions);
  runtime::Task<void> deletions_changed();
  runtime::Task<void> finish_deletion(std::string topic);
  runtime::Task<void> ensure_feature_node();

  // controller_log_dirs.cpp. The first sets a watch.
  zk::ZkFuture<std::vector<std::string>> log_dir_events();
  runtime::Task<void> remove_log_dir_events(std::vector<std::string> names);
  runtime::Task<void> log_dirs_changed();
  void on_led(BrokerId broker, const protocol::LeaderAndIsrResponse& response);
  runtime::Task<void> replicas_answered(BrokerId broker, std::vector<TopicPartition> online,
                                        std::vector<TopicPartition> offline);

  // Elections over many partitions; what changed is written and ordered.
  runtime::Task<void> elect_missing();
  runtime::Task<std::set<std::string>> topics_allowing_unclean();
  runtime::Task<void> handle_broker_loss(std::vector<BrokerId> gone);
  runtime::Task<void> shrink_isr(std::vector<std::pair<TopicPartition, BrokerId>> gone);
  runtime::Task<std::vector<TopicPartition>> hand_over(BrokerId broker);
  // Those that succeeded are in the context and are returned.
  runtime::Task<std::vector<StateWrite>> write_states(std::vector<StateWrite> writes);

  // To all replicas that are alive, or to one broker alone.
  void order_leadership(const std::vector<StateWrite>& changes,
                        std::optional<BrokerId> only_to = std::nullopt);
  void order_metadata(const std::vector<TopicPartition>& partitions,
                      const std::vector<BrokerId>& to);
  void order_everything(const std::vector<BrokerId>& to);
  void try_delete(const std::string& topic);
  void on_stopped(BrokerId broker, const protocol::StopReplicaRequest& request,
                  const protocol::StopReplicaResponse& response);
  std::vector<BrokerId> live_ids() const;
  zk::Op epoch_check() const;

  const Options options_;
  zk::Client& zookeeper_;
  runtime::EventLoop& loop_;
  Clock& clock_;
  runtime::Gate gate_;
  std::atomic<bool> active_{false};

  // The loop's alone:
  Context context_;
  std::unique_ptr<BrokerChannels> channels_;
  std::deque<Event> events_;
  runtime::Signal event_arrived_;
  bool is_registered_ = false;  // for all that is known here
  bool stopping_ = false;
};

}  // namespace samsa::controller
