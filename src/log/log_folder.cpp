#include "log/log_folder.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <random>

namespace samsa::log {

std::string file_name(Offset base, std::string_view suffix) {
  constexpr size_t k_digits = 20;
  const std::string digits = std::to_string(base.value());
  return std::string(k_digits - std::min(k_digits, digits.size()), '0') + digits +
         std::string(suffix);
}

std::optional<TopicPartition> partition_named(std::string_view dir_name) {
  const auto dash = dir_name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  int32_t partition = 0;
  const char* begin = dir_name.data() + dash + 1;
  const char* end = dir_name.data() + dir_name.size();
  const auto [stop, error] = std::from_chars(begin, end, partition);
  if (error != std::errc{} || stop != end || begin == end || partition < 0) return std::nullopt;
  return TopicPartition{std::string(dir_name.substr(0, dash)), partition};
}

std::string name_with_suffix(const TopicPartition& tp, std::string_view suffix) {
  constexpr size_t k_longest = 255;
  thread_local std::mt19937_64 random{std::random_device{}()};
  char id[33];
  std::snprintf(id, sizeof id, "%016llx%016llx", static_cast<unsigned long long>(random()),
                static_cast<unsigned long long>(random()));
  const std::string tail = '-' + std::to_string(tp.partition) + '.' + id + std::string(suffix);
  return tp.topic.substr(0, k_longest - tail.size()) + tail;
}

std::optional<TopicPartition> partition_named(std::string_view dir_name, std::string_view suffix) {
  if (!dir_name.ends_with(suffix)) return std::nullopt;
  dir_name.remove_suffix(suffix.size());
  const auto dot = dir_name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == dir_name.size()) return std::nullopt;
  return partition_named(dir_name.substr(0, dot));
}

Result<void> LogFolder::rename_file(std::string_view from, std::string_view to) const {
  std::shared_lock hold(mutex_);
  const auto source = path_ / from;
  if (::rename(source.c_str(), (path_ / to).c_str()) != 0 && errno != ENOENT)
    return storage_error("rename", source, errno);
  return ok();
}

Result<void> LogFolder::sync() const {
  auto directory = open(".", O_RDONLY | O_DIRECTORY);
  if (!directory) return directory.error();
  if (::fsync(directory->get()) != 0) return storage_error("sync", path(), errno);
  return ok();
}

Result<void> LogFolder::rename_to(const std::string& name) {
  std::unique_lock hold(mutex_);
  auto target = path_.parent_path() / name;
  if (::rename(path_.c_str(), target.c_str()) != 0) return storage_error("rename", path_, errno);
  path_ = std::move(target);
  return ok();
}

}  // namespace samsa::log
