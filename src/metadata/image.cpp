#include "metadata/image.h"

#include <set>

namespace samsa::metadata {

const Broker* Image::broker(BrokerId id) const {
  const auto found = brokers_.find(id);
  return found == brokers_.end() ? nullptr : &found->second;
}

const Topic* Image::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

const Partition* Image::partition(std::string_view name, int32_t index) const {
  const Topic* known = topic(name);
  if (known == nullptr) return nullptr;
  const auto found = known->find(index);
  return found == known->end() ? nullptr : &found->second;
}

std::shared_ptr<const Image> ImageHolder::get() const {
  std::scoped_lock hold(mutex_);
  return current_;
}

std::vector<TopicPartition> ImageHolder::apply(const Update& update) {
  std::scoped_lock one_at_a_time(apply_mutex_);
  auto next = std::make_shared<Image>(*get());
  next->controller_ = update.controller;
  next->brokers_.clear();
  for (const auto& broker : update.brokers) next->brokers_.emplace(broker.id, broker);
  // Topics that change are copied once, however many of their partitions do.
  std::map<std::string, std::shared_ptr<Topic>, std::less<>> changed;
  std::vector<TopicPartition> gone;
  for (const auto& [tp, partition] : update.partitions) {
    auto& copy = changed[tp.topic];
    if (!copy) {
      const Topic* before = next->topic(tp.topic);
      copy = before ? std::make_shared<Topic>(*before) : std::make_shared<Topic>();
    }
    if (partition.leader == k_leader_during_delete) {
      copy->erase(tp.partition);
      gone.push_back(tp);
    } else {
      (*copy)[tp.partition] = partition;
    }
  }
  for (auto& [name, topic] : changed) {
    if (topic->empty()) {
      next->topics_.erase(name);
    } else {
      next->topics_.insert_or_assign(name, std::move(topic));
    }
  }
  std::vector<std::shared_ptr<Listener>> listeners;
  {
    std::scoped_lock hold(mutex_);
    current_ = next;
    std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
    for (const auto& listener : listeners_)
      if (auto alive = listener.lock()) listeners.push_back(std::move(alive));
  }
  for (const auto& listener : listeners) (*listener)(*next);
  return gone;
}

std::shared_ptr<void> ImageHolder::listen(Listener listener) {
  auto kept = std::make_shared<Listener>(std::move(listener));
  std::scoped_lock hold(mutex_);
  listeners_.push_back(kept);
  return kept;
}

}  // namespace samsa::metadata
