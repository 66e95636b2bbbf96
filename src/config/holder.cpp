#include "config/holder.h"

#include <glog/logging.h>

#include <utility>

#include "config/dynamic.h"

namespace samsa::config {

ConfigHolder::Snapshot ConfigHolder::current() const {
  std::scoped_lock hold(mutex_);
  return current_;
}

void ConfigHolder::apply_dynamic(const Properties& cluster_default, const Properties& this_broker) {
  std::scoped_lock one_change(change_mutex_);
  const Snapshot before = current();
  Properties cluster = usable_dynamic(cluster_default, false);
  Properties broker = usable_dynamic(this_broker, true);
  if (cluster == before->dynamic_default_properties() && broker == before->dynamic_properties())
    return;
  auto next = before->with_dynamic(std::move(cluster), std::move(broker));
  if (!next) {
    LOG(ERROR) << "The dynamic configs in ZooKeeper could not be applied: " << next.error().message;
    return;
  }
  const auto after = std::make_shared<const BrokerConfig>(std::move(*next));
  {
    std::scoped_lock hold(mutex_);
    current_ = after;
  }
  for (const Listener& listener : listeners_) listener(*before, *after);
}

void ConfigHolder::on_change(Listener listener) {
  std::scoped_lock one_change(change_mutex_);
  listeners_.push_back(std::move(listener));
}

}  // namespace samsa::config
