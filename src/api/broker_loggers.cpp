#include "api/broker_loggers.h"

#include <glog/logging.h>

#include <algorithm>

namespace samsa::api {
namespace {

constexpr std::string_view k_root = "root";

struct Level {
  std::string_view name;
  int severity_min;
  int verbosity;
};
// In the order in which Kafka's messages list them.
constexpr Level k_levels[] = {{"TRACE", google::GLOG_INFO, 2}, {"ERROR", google::GLOG_ERROR, 0},
                              {"INFO", google::GLOG_INFO, 0},  {"FATAL", google::GLOG_FATAL, 0},
                              {"DEBUG", google::GLOG_INFO, 1}, {"WARN", google::GLOG_WARNING, 0}};

const Level* find_level(std::string_view name) {
  const auto at = std::ranges::find(k_levels, name, &Level::name);
  return at == std::end(k_levels) ? nullptr : &*at;
}

std::string all_levels() {
  std::string text;
  for (const Level& level : k_levels) text.append(text.empty() ? "" : ", ").append(level.name);
  return text;
}

Error not_allowed(std::string_view operation) {
  return {Errc::invalid_request,
          std::string(operation) + " operation is not allowed for the BROKER_LOGGER resource"};
}

Result<void> check(const config::Alteration& change) {
  using config::AlterOp;
  if (change.op == AlterOp::append) return not_allowed("APPEND");
  if (change.op == AlterOp::subtract) return not_allowed("SUBTRACT");
  if (change.name != k_root)
    return Error{Errc::invalid_config, "Logger " + change.name + " does not exist!"};
  if (change.op == AlterOp::remove)
    return Error{Errc::invalid_request, "Removing the log level of the root logger is not allowed"};
  if (find_level(*change.value) == nullptr)
    return Error{Errc::invalid_config,
                 "Cannot set the log level of root to " + *change.value +
                     " as it is not a supported log level. Valid log levels are " + all_levels()};
  return ok();
}

}  // namespace

std::string root_log_level() {
  for (const Level& level : k_levels)
    if (level.severity_min == FLAGS_minloglevel && level.verbosity == std::clamp(FLAGS_v, 0, 2))
      return std::string(level.name);
  return "INFO";
}

Result<void> alter_log_levels(const std::vector<config::Alteration>& alterations,
                              bool validate_only) {
  for (const auto& change : alterations)
    if (auto good = check(change); !good) return good.error();
  if (validate_only) return ok();
  for (const auto& change : alterations) {
    const Level& level = *find_level(*change.value);
    LOG(INFO) << "the log level changes from " << root_log_level() << " to " << level.name;
    FLAGS_minloglevel = level.severity_min;
    FLAGS_v = level.verbosity;
  }
  return ok();
}

}  // namespace samsa::api
