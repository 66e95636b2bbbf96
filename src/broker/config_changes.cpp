#include "broker/config_changes.h"

#include <glog/logging.h>

#include <algorithm>

#include "zk/schema/configs.h"

namespace samsa::broker {

using runtime::Task;
using zk::ZkCode;

namespace {

constexpr std::string_view k_topics = "topics/", k_brokers = "brokers/";
constexpr std::string_view k_default = "<default>";

// As Kafka prints a map; what a user proves a password with is left out.
std::string to_words(const config::Properties& settings) {
  std::string words = "Map(";
  for (const auto& [key, value] : settings) {
    if (!words.ends_with('(')) words += ", ";
    words += key + " -> " + (key.starts_with("SCRAM-SHA-") ? "[hidden]" : value);
  }
  return words + ')';
}

}  // namespace

ConfigChanges::ConfigChanges(zk::Client& zookeeper, admin::Configs& configs,
                             runtime::EventLoop& loop, Clock& clock, Appliers appliers)
    : zookeeper_(zookeeper),
      configs_(configs),
      loop_(loop),
      clock_(clock),
      appliers_(std::move(appliers)) {}

// All reads that can leave at once do: a start waits for their answers.
Task<Result<void>> ConfigChanges::load(std::optional<BrokerId> self) {
  self_ = self;
  std::vector<std::string> entities = {std::string(k_brokers) + std::string(k_default)};
  if (self) entities.push_back(std::string(k_brokers) + std::to_string(self->value()));
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const auto& entity : entities)
    reads.push_back(zookeeper_.get(zk::config_path(entity), false));
  auto topics = zookeeper_.children(zk::config_path("topics"), false);
  for (size_t i = 0; i < entities.size(); ++i) {
    const auto answer = co_await reads[i].wait();
    auto settings = admin::Configs::settings_in(answer, zk::config_path(entities[i]));
    if (!settings) co_return settings.error();
    apply(entities[i], *settings);
  }
  const auto names = co_await topics.wait();
  if (names.code == ZkCode::no_node) co_return ok();
  if (!names)
    co_return Error{Errc::unknown_server_error,
                    std::string("could not read /config/topics: ") + to_string(names.code)};
  co_return co_await load_topics(names.value);
}

Task<Result<void>> ConfigChanges::load_topics(std::vector<std::string> topics) {
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const auto& topic : topics)
    reads.push_back(zookeeper_.get(zk::config_path(std::string(k_topics) + topic), false));
  for (size_t i = 0; i < reads.size(); ++i) {
    const auto data = co_await reads[i].wait();
    if (data.code == ZkCode::no_node) continue;
    if (!data)
      co_return Error{Errc::unknown_server_error, "could not read the settings of topic " +
                                                      topics[i] + ": " + to_string(data.code)};
    auto settings = zk::decode_config(data.value.data);
    if (!settings)
      LOG(ERROR) << "the settings of topic " << topics[i] << ": " << settings.error();
    else if (!settings->empty())
      appliers_.topic(topics[i], *settings);
  }
  co_return ok();
}

void ConfigChanges::apply(const std::string& entity, const config::Properties& settings) {
  if (entity.starts_with(k_topics)) {
    appliers_.topic(entity.substr(k_topics.size()), settings);
  } else if (entity.starts_with(k_brokers)) {
    const auto name = entity.substr(k_brokers.size());
    const bool is_own = self_ && name == std::to_string(self_->value());
    if (name == k_default) cluster_default_ = settings;
    if (is_own) this_broker_ = settings;
    if (name == k_default || is_own) appliers_.broker(cluster_default_, this_broker_);
  }
}

void ConfigChanges::follow() {
  announced_.notify();
  runtime::spawn(loop_, "config-changes", gate_, run());
}

void ConfigChanges::stop() {
  constexpr milliseconds k_patience{5000};
  loop_.post([this] {
    stopping_ = true;
    announced_.notify();
  });
  gate_.close();
  if (!gate_.drain(clock_.steady() + k_patience))
    LOG(WARNING) << "the last change of settings was not applied in time";
}

void ConfigChanges::on_event(const zk::WatchEvent& event) {
  const bool is_session_new = event.type == zk::WatchEvent::Type::session_established;
  if (!is_session_new && event.path != zk::k_config_changes_path) return;
  is_session_new_ = is_session_new_ || is_session_new;
  announced_.notify();
}

Task<void> ConfigChanges::run() {
  constexpr milliseconds k_idle_look{60'000};
  while (!stopping_) {
    if (!co_await announced_.until(clock_.steady() + k_idle_look) || stopping_) continue;
    if (std::exchange(is_session_new_, false)) {
      auto loaded = co_await load(self_);
      if (!loaded) LOG(WARNING) << "settings could not be read again: " << loaded.error();
    }
    co_await process_announcements();
  }
}

// Reads fail only when the session is gone; the new one makes a new start.
Task<void> ConfigChanges::process_announcements() {
  constexpr int64_t k_expires_after_ms = 15 * 60 * 1000;
  const std::string parent(zk::k_config_changes_path);
  auto names = co_await zookeeper_.children(parent, true).wait();
  if (!names) co_return;
  std::ranges::sort(names.value);
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const auto& name : names.value) reads.push_back(zookeeper_.get(parent + '/' + name, false));
  for (size_t i = 0; i < reads.size(); ++i) {
    const std::string& name = names.value[i];
    const auto data = co_await reads[i].wait();
    co_await process(name, data);
    if (data && clock_.wall_ms() - data.value.stat.ctime > k_expires_after_ms)
      co_await zookeeper_.remove(parent + '/' + name, zk::k_any_version).wait();
  }
}

Task<void> ConfigChanges::process(std::string name, zk::ZkResult<zk::Data> announcement) {
  const auto number = zk::config_change_number(name);
  if (!announcement || !number || *number <= last_applied_) co_return;
  last_applied_ = *number;
  auto entity = zk::decode_config_change(announcement.value.data);
  if (!entity) {
    LOG(ERROR) << "error processing change notification " << name << ": " << entity.error();
    co_return;
  }
  auto settings = co_await configs_.read(*entity);
  if (!settings) {
    LOG(ERROR) << "the settings of " << *entity << ": " << settings.error();
    co_return;
  }
  apply(*entity, *settings);
  LOG(INFO) << "Processing override for entityPath: " << *entity
            << " with config: " << to_words(*settings);
}

}  // namespace samsa::broker
