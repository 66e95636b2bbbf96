// What brokers and administrators ask of the controller: each question is an event in its queue.

#include <glog/logging.h>

#include "controller/controller.h"

namespace samsa::controller {

using runtime::Task;

namespace {

template <class Answer>
Task<void> answer_to(std::function<Task<Answer>()> question, runtime::OneShot<Answer> to) {
  auto answer = co_await question();
  to.set(std::move(answer));
}

}  // namespace

template <class Answer>
Task<Answer> Controller::ask(std::function<Task<Answer>()> question) {
  runtime::OneShot<Answer> answer;
  enqueue([question = std::move(question), answer] { return answer_to(question, answer); });
  return answer.wait();
}

Task<Result<std::vector<TopicPartition>>> Controller::controlled_shutdown(BrokerId broker,
                                                                          int64_t broker_epoch) {
  return ask<Result<std::vector<TopicPartition>>>(
      [this, broker, broker_epoch] { return process_controlled_shutdown(broker, broker_epoch); });
}

Task<Result<std::vector<TopicPartition>>> Controller::process_controlled_shutdown(BrokerId broker,
                                                                                  int64_t epoch) {
  if (!active_) co_return Error{Errc::not_controller};
  const auto known = context_.live.find(broker);
  if (known == context_.live.end())
    co_return Error{Errc::broker_not_available,
                    "Broker id " + std::to_string(broker.value()) + " does not exist."};
  if (epoch != -1 && epoch < known->second.epoch.value()) co_return Error{Errc::stale_broker_epoch};
  context_.shutting_down.insert(broker);
  auto left = co_await hand_over(broker);
  if (!active_) co_return Error{Errc::not_controller};
  co_return left;
}

Task<Result<std::map<TopicPartition, Result<Leadership>>>> Controller::alter_isr(
    BrokerId from, int64_t broker_epoch, std::vector<IsrChange> changes) {
  return ask<Result<std::map<TopicPartition, Result<Leadership>>>>(
      [this, from, broker_epoch, changes = std::move(changes)] {
        return process_alter_isr(from, broker_epoch, changes);
      });
}

Task<Result<std::map<TopicPartition, Result<Leadership>>>> Controller::process_alter_isr(
    BrokerId from, int64_t broker_epoch, std::vector<IsrChange> changes) {
  if (!active_) co_return Error{Errc::not_controller};
  const auto known = context_.live.find(from);
  if (known == context_.live.end() || known->second.epoch.value() != broker_epoch)
    co_return Error{Errc::stale_broker_epoch};
  std::map<TopicPartition, Result<Leadership>> results;
  std::vector<StateWrite> writes;
  std::vector<TopicPartition> asked;
  for (const auto& change : changes) {
    asked.push_back(change.tp);
    auto judged = judge_isr_change(context_, from, change);
    if (!judged) {
      results.insert_or_assign(change.tp, judged.error());
    } else if (!*judged) {
      results.insert_or_assign(change.tp, context_.leaderships.at(change.tp));
    } else {
      // Whoever is not written below knew an outdated state.
      results.insert_or_assign(change.tp, Error{Errc::invalid_update_version});
      writes.push_back({change.tp, std::move(**judged)});
    }
  }
  const auto written = co_await write_states(std::move(writes));
  for (const auto& change : written) results.insert_or_assign(change.tp, change.leadership);
  if (active_) order_metadata(asked, live_ids());
  co_return results;
}

Task<std::map<TopicPartition, Result<BrokerId>>> Controller::elect_leaders(
    std::vector<TopicPartition> partitions, ElectionType type) {
  return ask<std::map<TopicPartition, Result<BrokerId>>>(
      [this, partitions = std::move(partitions), type] {
        return process_election(partitions, type);
      });
}

Task<std::map<TopicPartition, Result<BrokerId>>> Controller::process_election(
    std::vector<TopicPartition> partitions, ElectionType type) {
  std::map<TopicPartition, Result<BrokerId>> results;
  std::vector<StateWrite> writes;
  for (const auto& tp : partitions) {
    if (!active_) {
      results.insert_or_assign(tp, Error{Errc::not_controller});
      continue;
    }
    auto next = judge_election(context_, tp, type);
    if (!next) {
      results.insert_or_assign(tp, next.error());
      continue;
    }
    results.insert_or_assign(tp, Error{Errc::unknown_server_error});  // unless written below
    writes.push_back({tp, std::move(*next)});
  }
  if (writes.empty()) co_return results;
  auto written = co_await write_states(std::move(writes));
  for (const auto& change : written) results.insert_or_assign(change.tp, change.leadership.leader);
  if (active_) order_leadership(written);
  co_return results;
}

Task<Result<std::map<TopicPartition, Error>>> Controller::reassign(
    std::map<TopicPartition, std::optional<Replicas>> targets) {
  return ask<Result<std::map<TopicPartition, Error>>>(
      [this, targets = std::move(targets)] { return process_reassignment(targets); });
}

Task<Result<std::map<TopicPartition, Error>>> Controller::process_reassignment(
    std::map<TopicPartition, std::optional<Replicas>> targets) {
  if (!active_) co_return Error{Errc::not_controller};
  std::map<TopicPartition, Error> results;
  for (const auto& [tp, target] : targets) {
    results[tp] = judge_reassignment(context_, tp, target);
    if (results[tp].code == Errc::unknown_server_error)
      LOG(ERROR) << "[Controller id=" << options_.broker_id << "] the replicas of " << tp
                 << " stay where they are: this version does not move replicas yet";
  }
  co_return results;
}

}  // namespace samsa::controller
