#include "tools/commands/consumer_groups_reset.h"

#include <charconv>
#include <iostream>

#include "base/file.h"
#include "tools/client/offsets.h"

namespace samsa::tools {

namespace {

using client::FoundOffset;

Error at_fault(std::string message) { return {k_refused, std::move(message)}; }

// "topic" or "topic:0,1,2". Partitions of a whole topic are asked for.
Result<std::vector<TopicPartition>> partitions_of(GroupsCommand& command,
                                                  const std::string& argument) {
  std::vector<TopicPartition> partitions;
  const size_t colon = argument.find(':');
  if (colon != std::string::npos) {
    const std::string topic = argument.substr(0, colon);
    for (const std::string& part : split(argument.substr(colon + 1), ',')) {
      int32_t id = 0;
      auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), id);
      if (error != std::errc() || end != part.data() + part.size()) {
        return at_fault("For input string: \"" + part + "\"");
      }
      partitions.push_back({topic, id});
    }
    return partitions;
  }
  auto image = command.cluster.metadata(std::set<std::string>{argument}, false, command.deadline());
  if (!image) return image.error();
  const client::TopicState& topic = image->topics[argument];
  if (topic.error != Errc::none) return Error{topic.error};
  for (const auto& [id, state] : topic.partitions) partitions.push_back({argument, id});
  return partitions;
}

Result<std::vector<TopicPartition>> partitions_to_reset(GroupsCommand& command,
                                                        const std::string& group) {
  std::vector<TopicPartition> partitions;
  if (command.options.has("all-topics")) {
    auto committed = client::committed_offsets(command.cluster, group, command.deadline());
    if (!committed) return committed.error();
    for (const auto& [tp, offset] : *committed) partitions.push_back(tp);
  } else if (command.options.has("topic")) {
    for (const std::string& argument : command.options.values("topic")) {
      auto some = partitions_of(command, argument);
      if (!some) return some.error();
      partitions.insert(partitions.end(), some->begin(), some->end());
    }
  } else if (!command.options.has("from-file")) {
    return at_fault("One of the reset scopes should be defined: --all-topics, --topic.");
  }
  return partitions;
}

Result<NewOffsets> offsets_at(GroupsCommand& command, const std::vector<TopicPartition>& partitions,
                              int64_t timestamp) {
  std::map<TopicPartition, int64_t> wanted;
  for (const TopicPartition& tp : partitions) wanted[tp] = timestamp;
  auto found = client::list_offsets(command.cluster, wanted, command.deadline());
  if (!found) return found.error();
  NewOffsets offsets;
  for (const auto& [tp, offset] : *found) offsets[tp] = offset.offset;
  return offsets;
}

// By time; where no record is that late, the end.
Result<NewOffsets> offsets_by_time(GroupsCommand& command,
                                   const std::vector<TopicPartition>& partitions,
                                   int64_t timestamp) {
  auto offsets = offsets_at(command, partitions, timestamp);
  if (!offsets) return offsets;
  std::vector<TopicPartition> late;
  for (const auto& [tp, offset] : *offsets) {
    if (offset < 0) late.push_back(tp);
  }
  if (late.empty()) return offsets;
  auto ends = offsets_at(command, late, client::k_latest_timestamp);
  if (!ends) return ends;
  for (const auto& [tp, offset] : *ends) (*offsets)[tp] = offset;
  return offsets;
}

// Brings offsets into what the log has, with a warning for each that was not.
Result<NewOffsets> within_log(GroupsCommand& command, NewOffsets requested) {
  std::vector<TopicPartition> partitions;
  for (const auto& [tp, offset] : requested) partitions.push_back(tp);
  auto starts = offsets_at(command, partitions, client::k_earliest_timestamp);
  if (!starts) return starts;
  auto ends = offsets_at(command, partitions, client::k_latest_timestamp);
  if (!ends) return ends;
  auto warn = [](int64_t offset, std::string_view what, const TopicPartition& tp, int64_t bound) {
    cli::log_line("WARN",
                  "New offset (" + std::to_string(offset) + ") is " + std::string(what) +
                      " offset for topic partition " + tp.to_string() + ". Value will be set to " +
                      std::to_string(bound),
                  "kafka.admin.ConsumerGroupCommand$");
  };
  for (auto& [tp, offset] : requested) {
    const int64_t start = (*starts)[tp], end = (*ends)[tp];
    if (offset > end) {
      warn(offset, "higher than latest", tp, end);
      offset = end;
    } else if (offset < start) {
      warn(offset, "lower than earliest", tp, start);
      offset = start;
    }
  }
  return requested;
}

Result<NewOffsets> shifted(GroupsCommand& command, const std::string& group,
                           const std::vector<TopicPartition>& partitions) {
  auto committed = client::committed_offsets(command.cluster, group, command.deadline());
  if (!committed) return committed.error();
  NewOffsets requested;
  for (const TopicPartition& tp : partitions) {
    auto current = committed->find(tp);
    if (current == committed->end()) {
      return at_fault("Cannot shift offset for partition " + tp.to_string() +
                      " since there is no current committed offset");
    }
    requested[tp] = current->second + command.options.integer("shift-by");
  }
  return within_log(command, std::move(requested));
}

Result<NewOffsets> current(GroupsCommand& command, const std::string& group,
                           const std::vector<TopicPartition>& partitions) {
  auto committed = client::committed_offsets(command.cluster, group, command.deadline());
  if (!committed) return committed.error();
  NewOffsets offsets;
  std::vector<TopicPartition> without;
  for (const TopicPartition& tp : partitions) {
    auto found = committed->find(tp);
    if (found == committed->end()) {
      without.push_back(tp);
    } else {
      offsets[tp] = found->second;
    }
  }
  auto ends = offsets_at(command, without, client::k_latest_timestamp);
  if (!ends) return ends;
  offsets.insert(ends->begin(), ends->end());
  return offsets;
}

Result<NewOffsets> from_file(GroupsCommand& command, const std::string& group) {
  const std::string path = command.options.text("from-file");
  auto text = read_file(path);
  if (!text) return Error{k_io, "Unable to read file " + path};
  auto plan = parse_csv(*text, command.options.values("group"));
  if (!plan) return plan.error();
  auto found = plan->find(group);
  if (found == plan->end()) {
    std::cout << "\nError: No reset plan for group " << group << " found\n";
    return NewOffsets{};
  }
  return within_log(command, found->second);
}

Result<NewOffsets> prepare(GroupsCommand& command, const std::string& group,
                           const std::vector<TopicPartition>& partitions) {
  const cli::Options& options = command.options;
  if (options.has("to-offset")) {
    NewOffsets requested;
    for (const TopicPartition& tp : partitions) requested[tp] = options.integer("to-offset");
    return within_log(command, std::move(requested));
  }
  if (options.has("to-earliest")) {
    return offsets_at(command, partitions, client::k_earliest_timestamp);
  }
  if (options.has("to-latest")) return offsets_at(command, partitions, client::k_latest_timestamp);
  if (options.has("shift-by")) return shifted(command, group, partitions);
  if (options.has("to-datetime")) {
    auto time = parse_datetime(options.text("to-datetime"));
    if (!time) return time.error();
    return offsets_by_time(command, partitions, *time);
  }
  if (options.has("by-duration")) {
    auto duration = parse_duration(options.text("by-duration"));
    if (!duration) return duration.error();
    return offsets_by_time(command, partitions, Clock::system().wall_ms() - *duration);
  }
  if (options.has("from-file")) return from_file(command, group);
  if (options.has("to-current")) return current(command, group, partitions);
  std::vector<std::string> scenarios;
  for (const std::string& name : reset_scenarios()) scenarios.push_back("[" + name + "]");
  return at_fault("Option '[reset-offsets]' requires one of the following scenarios: HashSet(" +
                  join(scenarios, ", ") + ")");
}

}  // namespace

Result<void> reset_group_offsets(GroupsCommand& command) {
  auto groups = command.groups();
  if (!groups) return groups.error();
  std::map<std::string, NewOffsets> results;
  for (const std::string& id : *groups) {
    auto group = client::describe_group(command.cluster, id, command.deadline());
    if (!group) return group.error();
    results[id];
    if (group->state != "Empty" && group->state != "Dead") {
      std::cout << "\nError: Assignments can only be reset if the group '" << id
                << "' is inactive, but the current state is " << group->state << ".\n";
      continue;
    }
    auto partitions = partitions_to_reset(command, id);
    if (!partitions) return partitions.error();
    auto offsets = prepare(command, id, *partitions);
    if (!offsets) return offsets.error();
    if (!command.options.has("dry-run") && command.options.has("execute")) {
      auto committed = client::commit_offsets(command.cluster, id, *offsets, command.deadline());
      if (!committed) return committed.error();
    }
    results[id] = std::move(*offsets);
  }
  if (command.options.has("export")) {
    std::cout << format_csv(results, command.options.values("group").size() == 1) << '\n';
  } else {
    std::cout << format_new_offsets(results);
  }
  return ok();
}

Result<void> delete_group_offsets(GroupsCommand& command) {
  const std::string group = command.options.text("group");
  const auto topics = command.options.values("topic");
  std::map<TopicPartition, std::optional<Error>> rows;
  std::vector<TopicPartition> partitions;
  for (const std::string& argument : topics) {
    auto some = partitions_of(command, argument);
    if (!some && some.error().code == k_refused) return some.error();
    if (!some) {
      rows[{argument, -1}] = some.error();
      continue;
    }
    partitions.insert(partitions.end(), some->begin(), some->end());
  }
  auto deleted = client::delete_offsets(command.cluster, group, partitions, command.deadline());
  Errc code = deleted ? Errc::none : deleted.error().code;
  for (const TopicPartition& tp : partitions) {
    if (!deleted) {
      rows[tp] = deleted.error();
    } else if ((*deleted)[tp] == Errc::none) {
      rows[tp] = std::nullopt;
    } else {
      rows[tp] = Error{(*deleted)[tp]};
      if (code == Errc::none) code = (*deleted)[tp];
    }
  }
  if (code == Errc::none) {
    std::cout << "Request succeed for deleting offsets with topic " << join(topics, ", ")
              << " group " << group << '\n';
  } else if (code == Errc::invalid_group_id) {
    std::cout << "\nError: '" << group << "' is not valid.\n";
  } else if (code == Errc::group_id_not_found) {
    std::cout << "\nError: '" << group << "' does not exist.\n";
  } else if (code == Errc::group_authorization_failed) {
    std::cout << "\nError: Access to '" << group << "' is not authorized.\n";
  } else if (code == Errc::non_empty_group) {
    std::cout << "\nError: Deleting offsets of a consumer group '" << group
              << "' is forbidden if the group is not empty.\n";
  } else if (code == Errc::group_subscribed_to_topic || code == Errc::topic_authorization_failed ||
             code == Errc::unknown_topic_or_partition) {
    std::cout << "\nError: Encounter some partition level error, see the follow-up details:\n";
  } else {
    std::cout << "\nError: Encounter some unknown error: " << name_of(code) << '\n';
  }
  std::cout << '\n'
            << pad("TOPIC", 30) << ' ' << pad("PARTITION", 15) << ' ' << pad("STATUS", 15) << '\n';
  for (const auto& [tp, error] : rows) {
    const std::string status =
        error ? "Error: " + cli::exception_text(*error) : std::string("Successful");
    std::cout << pad(tp.topic, 30) << ' '
              << pad(tp.partition >= 0 ? std::to_string(tp.partition) : "Not Provided", 15) << ' '
              << pad(status, 15) << '\n';
  }
  return ok();
}

}  // namespace samsa::tools
