// kafka-consumer-groups: list, describe, delete.

#include "tools/commands/consumer_groups.h"

#include <algorithm>

#include <iostream>

#include "base/java_hash.h"
#include "tools/client/offsets.h"
#include "tools/commands/consumer_groups_reset.h"

namespace samsa::tools {

namespace {

using client::Cluster;

// The order in which a Scala HashMap of 2.13 gives partitions, which Kafka's table shows.
void sort_as_scala(std::vector<TopicPartition>& partitions) {
  uint32_t capacity = 16;
  while (partitions.size() * 4 >= capacity * 3) capacity *= 2;
  auto place = [capacity](const TopicPartition& tp) {
    const uint32_t hash = 31 * (31 + static_cast<uint32_t>(tp.partition)) +
                          static_cast<uint32_t>(java_string_hash(tp.topic));
    const uint32_t improved = hash ^ (hash >> 16);
    return std::pair(improved & (capacity - 1), static_cast<int32_t>(improved));
  };
  std::stable_sort(partitions.begin(), partitions.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

// Kafka's own rows of a group: what members read, then what nobody reads.
Result<std::vector<OffsetRow>> offset_rows(GroupsCommand& command, client::GroupInfo group) {
  auto committed = client::committed_offsets(command.cluster, group.id, command.deadline());
  if (!committed) return committed.error();
  std::map<TopicPartition, int64_t> wanted;
  for (const auto& [tp, offset] : *committed) wanted[tp] = client::k_latest_timestamp;
  for (const auto& member : group.members) {
    for (const auto& tp : member.assignment) wanted[tp] = client::k_latest_timestamp;
  }
  auto ends = client::list_offsets(command.cluster, wanted, command.deadline());
  if (!ends) return ends.error();
  std::vector<OffsetRow> rows;
  auto add = [&](const TopicPartition& tp, const client::GroupMemberInfo* member) {
    OffsetRow row;
    row.partition = tp;
    auto offset = committed->find(tp);
    if (offset != committed->end()) row.offset = offset->second;
    auto end = ends->find(tp);
    if (end != ends->end()) row.log_end = end->second.offset;
    if (member != nullptr) {
      row.consumer_id = member->consumer_id;
      row.host = member->host;
      row.client_id = member->client_id;
    }
    rows.push_back(std::move(row));
  };
  std::stable_sort(group.members.begin(), group.members.end(), [](const auto& a, const auto& b) {
    return a.assignment.size() > b.assignment.size();
  });
  std::set<TopicPartition> assigned;
  for (auto& member : group.members) {
    std::stable_sort(member.assignment.begin(), member.assignment.end(),
                     [](const auto& a, const auto& b) { return a.partition < b.partition; });
    for (const TopicPartition& tp : member.assignment) {
      add(tp, &member);
      assigned.insert(tp);
    }
  }
  std::vector<TopicPartition> unassigned;
  for (const auto& [tp, offset] : *committed) {
    if (assigned.count(tp) == 0) unassigned.push_back(tp);
  }
  sort_as_scala(unassigned);
  for (const TopicPartition& tp : unassigned) add(tp, nullptr);
  return rows;
}

// Says what is special about the group's state; false where there is nothing to print.
bool announce(const std::string& group, const std::string& state, size_t rows) {
  std::cout.flush();
  if (state == "Dead") {
    std::cout << "\nError: Consumer group '" << group << "' does not exist.\n";
  } else if (state == "Empty") {
    std::cerr << "\nConsumer group '" << group << "' has no active members.\n";
  } else if (state == "PreparingRebalance" || state == "CompletingRebalance") {
    std::cerr << "\nWarning: Consumer group '" << group << "' is rebalancing.\n";
  }
  return state != "Dead" && rows > 0;
}

Result<void> describe(GroupsCommand& command) {
  auto groups = command.groups();
  if (!groups) return groups.error();
  std::set<std::string> sorted(groups->begin(), groups->end());
  for (const std::string& id : sorted) {
    auto group = client::describe_group(command.cluster, id, command.deadline());
    if (!group) return group.error();
    if (command.options.has("members")) {
      if (announce(id, group->state, group->members.size())) {
        std::cout << format_members(id, group->members, command.options.has("verbose"));
      }
    } else if (command.options.has("state")) {
      if (announce(id, group->state, 1)) {
        const auto& node = group->coordinator;
        std::cout << format_state(*group, node.address.host + ":" +
                                              std::to_string(node.address.port) + " (" +
                                              std::to_string(node.id) + ")");
      }
    } else {
      auto rows = offset_rows(command, *group);
      if (!rows) return rows.error();
      if (announce(id, group->state, rows->size())) std::cout << format_offsets(id, *rows);
    }
  }
  return ok();
}

Result<std::vector<std::string>> parse_states(const std::string& text) {
  static const std::vector<std::string> states = {"PreparingRebalance", "CompletingRebalance",
                                                  "Stable", "Dead", "Empty"};
  std::vector<std::string> chosen;
  if (text.empty()) return chosen;
  for (const std::string& part : split(text, ',')) {
    const std::string wanted = trim(part);
    auto found = std::find(states.begin(), states.end(), wanted);
    if (found == states.end()) {
      return Error{k_refused,
                   "Invalid state list '" + text + "'. Valid states are: " + join(states, ", ")};
    }
    chosen.push_back(*found);
  }
  return chosen;
}

Result<void> list(GroupsCommand& command) {
  const bool with_state = command.options.has("state");
  std::vector<std::string> states;
  if (with_state) {
    auto parsed = parse_states(command.options.text("state"));
    if (!parsed) return parsed.error();
    states = *parsed;
  }
  auto groups = client::list_groups(command.cluster, states, command.deadline());
  if (!groups) return groups.error();
  size_t width = 15;
  for (const auto& group : *groups) width = std::max(width, group.id.size());
  if (with_state) std::cout << pad("GROUP", width) << " STATE\n";
  for (const auto& group : *groups) {
    if (with_state) {
      std::cout << pad(group.id, width) << ' ' << group.state << '\n';
    } else {
      std::cout << group.id << '\n';
    }
  }
  return ok();
}

Result<void> remove(GroupsCommand& command) {
  auto groups = command.groups();
  if (!groups) return groups.error();
  std::vector<std::string> deleted;
  std::vector<std::pair<std::string, Error>> failed;
  for (const std::string& group : *groups) {
    auto outcome = client::delete_group(command.cluster, group, command.deadline());
    if (outcome) {
      deleted.push_back(group);
    } else {
      failed.emplace_back(group, outcome.error());
    }
  }
  const std::string names = "'" + join(deleted, "', '") + "'";
  if (failed.empty()) {
    std::cout << "Deletion of requested consumer groups (" << names << ") was successful.\n";
    return ok();
  }
  std::cout << "\nError: Deletion of some consumer groups failed:\n";
  for (const auto& [group, error] : failed) {
    std::cout << "* Group '" << group
              << "' could not be deleted due to: java.util.concurrent.ExecutionException: "
              << cli::exception_text(error) << '\n';
  }
  if (!deleted.empty()) {
    std::cout << "\nThese consumer groups were deleted successfully: " << names << '\n';
  }
  return ok();
}

Result<void> run(GroupsCommand& command) {
  if (command.options.has("list")) return list(command);
  if (command.options.has("describe")) return describe(command);
  if (command.options.has("delete")) return remove(command);
  if (command.options.has("delete-offsets")) return delete_group_offsets(command);
  return reset_group_offsets(command);
}

}  // namespace

Result<std::vector<std::string>> GroupsCommand::groups() {
  if (!options.has("all-groups")) return options.values("group");
  auto listed = client::list_groups(cluster, {}, deadline());
  if (!listed) return listed.error();
  std::vector<std::string> ids;
  for (const auto& group : *listed) ids.push_back(group.id);
  return ids;
}

int consumer_groups(Arguments arguments) {
  auto parser = consumer_groups_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::uncaught_refusal(options.error());
  if (auto problem = check_consumer_groups(*options)) return cli::usage_error(parser, *problem);
  if (auto code = cli::help_or_version(
          parser, *options,
          "This tool helps to list all consumer groups, describe a consumer group, delete consumer "
          "group info, or reset consumer group offsets.")) {
    return *code;
  }
  const int actions = options->has("list") + options->has("describe") + options->has("delete") +
                      options->has("reset-offsets") + options->has("delete-offsets");
  if (actions != 1) {
    return cli::usage_error(parser,
                            "Command must include exactly one action: --list, --describe, "
                            "--delete, --reset-offsets, --delete-offsets");
  }
  auto cluster = connect_admin(*options);
  if (!cluster) return cli::uncaught_admin(cluster.error());
  GroupsCommand command{*options, **cluster};
  auto done = run(command);
  if (done) return 0;
  // What Kafka throws as an illegal argument comes with the help, all else as an error that does
  // not change the exit code.
  if (done.error().code == k_refused) {
    return cli::usage_error(parser, done.error().message);
  }
  const Errc code = done.error().code;
  const bool of_time = code == k_unreadable_time;
  const bool direct = of_time || code == k_io;
  const std::string what = direct ? done.error().message : cli::exception_text(done.error());
  std::cout << "\nError: Executing consumer group command failed due to " << what << std::endl;
  std::cerr << (of_time  ? "java.text.ParseException: "
                : direct ? cli::exception_name(code) + ": "
                         : "java.util.concurrent.ExecutionException: ")
            << what << '\n';
  return 0;
}

}  // namespace samsa::tools
