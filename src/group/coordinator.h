#pragma once
// The group coordinator: the shell around the groups of the partitions of __consumer_offsets that
// this broker leads. It finds the group, hands it the event and the time, and carries out what it
// orders: append to the log, answer, set a timer.
//
// Every member may be called from any thread, coroutines on event loops. Timers run on one loop of
// its own; loading, unloading and expiry one after the other on one thread of its own.

#include <atomic>

#include "group/homes.h"
#include "group/offsets_log.h"
#include "replica/internal_topic_listener.h"

namespace samsa::group {

struct FetchedOffset {
  TopicPartition partition;
  Errc error = Errc::none;
  // Nothing where none was committed, or where there is an error.
  std::optional<OffsetAndMetadata> value;
};

struct GroupOverview {
  std::string id;
  std::string protocol_type;
  State state = State::empty;
};

struct DescribedMember {
  MemberName name;
  std::string client_id;
  std::string client_host;
  Bytes metadata;
  Bytes assignment;
};

struct GroupDescription {
  Errc error = Errc::none;
  std::string state;
  std::string protocol_type;
  std::string protocol;
  std::vector<DescribedMember> members;
};

using PartitionErrors = std::vector<std::pair<TopicPartition, Errc>>;

// Calls the function, on any thread, once what clients had sent before has been handled. A write
// that the disk holds up holds up an event loop, and with it the heartbeats of members who would
// lose their places without having done anything wrong.
using CatchUp = std::function<void(std::function<void()>)>;

class Coordinator : public replica::InternalTopicListener {
 public:
  // `partitions` and `clock` outlive it.
  Coordinator(
      Options options, replica::PartitionTable& partitions, Clock& clock,
      CatchUp catch_up = [](const std::function<void()>& next) { next(); });
  ~Coordinator() override;

  // How many partitions __consumer_offsets has or will have; for good.
  void start(int32_t offsets_partitions);
  // Answers everybody who waits and takes nothing more. Idempotent.
  void stop();

  const Options& options() const { return options_; }
  int32_t partition_for(const std::string& group) const;

  // Members. The answers may take as long as a rebalance does.
  runtime::Task<JoinResult> join(std::string group, JoinRequest request);
  runtime::Task<SyncResult> sync(std::string group, SyncRequest request);
  Errc heartbeat(const std::string& group, const MemberName& member, int32_t generation);
  Result<std::vector<LeaveResult>> leave(const std::string& group,
                                         const std::vector<MemberName>& leaving);

  // Answers once the commits are as safe as offsets.commit.required.acks asks.
  runtime::Task<PartitionErrors> commit(std::string group, MemberName member, int32_t generation,
                                        Commits commits);
  // All that is committed where no partitions are named.
  Result<std::vector<FetchedOffset>> fetch(const std::string& group,
                                           const std::optional<std::vector<TopicPartition>>& wanted,
                                           bool require_stable);
  Result<PartitionErrors> delete_offsets(const std::string& group,
                                         const std::vector<TopicPartition>& partitions);

  // Administration. The groups of those states, all where none is named; and whether some may be
  // missing.
  std::pair<Errc, std::vector<GroupOverview>> list(const std::vector<std::string>& states);
  GroupDescription describe(const std::string& group);
  Errc remove(const std::string& group);

  void on_leadership(const TopicPartition& tp, bool is_leader, LeaderEpoch epoch) override;
  void on_partitions_deleted(const std::vector<TopicPartition>& partitions) override;

  // What falls due every offsets.retention.check.interval.ms.
  void expire_offsets();

 private:
  using GroupPtr = std::shared_ptr<ActiveGroup>;
  struct Answers;

  Now now() const { return {clock_.steady(), clock_.wall_ms()}; }
  // Whether the id may be one and its home is here; with the home.
  Result<Home*> home_of(const std::string& group, bool may_be_empty);
  Result<GroupPtr> find(const std::string& group, bool may_be_empty = false);
  Result<GroupPtr> find_or_add(const std::string& group);
  // GROUP_ID_NOT_FOUND for a group whose home is here, else NOT_COORDINATOR.
  Errc absence_of(const std::string& group);

  // Gives the group an event and carries out what it orders.
  template <class Event>
  void act(const GroupPtr& group, Event event);
  // With the group's lock held.
  void carry_out(const GroupPtr& group, Orders& orders, Now now, Answers& answers);
  std::optional<Errc> store(const GroupPtr& group, Store& order, Now now);
  void arm_timer(const GroupPtr& group, Now now);
  void on_timer(const GroupPtr& group, uint64_t timer_number);
  // What is due then is due, whoever has been heard from meanwhile.
  void on_caught_up(const GroupPtr& group, uint64_t timer_number);
  runtime::Task<void> await_store(GroupPtr group, Store order, OffsetsLog::Pending pending);
  PartitionErrors finish_commit(const GroupPtr& group, Commits commits, PartitionErrors refused,
                                Result<Offset> appended_at);

  void load(int32_t partition, uint64_t load);
  Result<Groups> read_groups(int32_t partition, uint64_t load);
  void unload(Groups groups);
  void clean(const GroupPtr& group,
             const std::function<std::vector<TopicPartition>(Group&)>& take_out,
             size_t& offsets_removed);
  std::vector<GroupPtr> all_groups() const;
  void schedule_expiry();

  const Options options_;
  replica::PartitionTable& partitions_;
  Clock& clock_;
  const CatchUp catch_up_;
  OffsetsLog log_;
  std::atomic<bool> is_active_ = false;
  std::vector<std::unique_ptr<Home>> homes_;
  runtime::Gate gate_;
  runtime::EventLoop timers_{"group-timers"};
  runtime::Workers background_{"group-metadata", 1};  // last, so that what it runs finds all
};

}  // namespace samsa::group
