// kafka-delete-records: moves the start of logs.

#include <boost/json.hpp>
#include <iostream>
#include <set>

#include "base/file.h"
#include "protocol/messages/delete_records.h"
#include "tools/commands/common.h"

namespace samsa::tools {

namespace {

using Offsets = std::vector<std::pair<TopicPartition, int64_t>>;

cli::OptionParser make_parser() {
  auto parser = cli::OptionParser::with_defaults();
  parser.accepts("bootstrap-server", "REQUIRED: The server to connect to.")
      .takes("server(s) to use for bootstrapping");
  parser
      .accepts("offset-json-file",
               "REQUIRED: The JSON file with offset per partition. The format to use is:\n"
               "{\"partitions\":\n  [{\"topic\": \"foo\", \"partition\": 1, \"offset\": 1}],\n "
               "\"version\":1\n}")
      .takes("Offset json file path");
  parser
      .accepts("command-config", "A property file containing configs to be passed to Admin Client.")
      .takes("command config property file path");
  return parser;
}

Error bad(std::string message) { return {k_admin_operation, std::move(message)}; }

Result<Offsets> parse_offsets(const std::string& text) {
  boost::json::error_code failed;
  const boost::json::value root = boost::json::parse(text, failed);
  if (failed || !root.is_object()) return bad("The input string is not a valid JSON");
  const auto& object = root.as_object();
  if (const auto* version = object.if_contains("version")) {
    if (!version->is_int64() || version->as_int64() != 1) {
      return bad("Not supported version field value " + boost::json::serialize(*version));
    }
  }
  const auto* partitions = object.if_contains("partitions");
  if (partitions == nullptr || !partitions->is_array()) return bad("Missing partitions field");
  Offsets offsets;
  std::set<TopicPartition> seen;
  std::vector<std::string> duplicates;
  for (const auto& entry : partitions->as_array()) {
    const auto* fields = entry.if_object();
    for (const std::string_view name : {"topic", "partition", "offset"}) {
      if (fields == nullptr || fields->contains(name)) continue;
      return Error{k_json_mapping, "No such field exists: `" + std::string(name) + "`"};
    }
    const auto* topic = fields ? fields->if_contains("topic") : nullptr;
    const auto* partition = fields ? fields->if_contains("partition") : nullptr;
    const auto* offset = fields ? fields->if_contains("offset") : nullptr;
    if (!topic || !partition || !offset || !topic->is_string() || !partition->is_int64() ||
        !offset->is_int64()) {
      return bad("The input string is not a valid JSON");
    }
    TopicPartition tp{std::string(topic->as_string()), static_cast<int32_t>(partition->as_int64())};
    if (!seen.insert(tp).second) duplicates.push_back(tp.to_string());
    offsets.emplace_back(tp, offset->as_int64());
  }
  if (!duplicates.empty()) {
    return Error{k_command_failed,
                 "Offset json file contains duplicate topic partitions: " + join(duplicates, ",")};
  }
  return offsets;
}

// The answer of each partition: its low watermark, or what is wrong.
using Outcome = std::map<TopicPartition, Result<int64_t>>;

void ask_leader(client::Cluster& cluster, int32_t leader, const Offsets& offsets,
                Outcome& outcome) {
  protocol::DeleteRecordsRequest request;
  request.timeout_ms = static_cast<int32_t>(cluster.options().request_timeout.count());
  for (const auto& [tp, offset] : offsets) {
    auto& topic = request.topics.emplace_back();
    topic.name = tp.topic;
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = tp.partition;
    partition.offset = offset;
  }
  auto response = cluster.call_node(leader, request, cluster.default_deadline());
  if (!response) {
    for (const auto& [tp, offset] : offsets) outcome.insert_or_assign(tp, response.error());
    return;
  }
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      TopicPartition tp{topic.name, partition.partition_index};
      if (partition.error_code == 0) {
        outcome.insert_or_assign(tp, partition.low_watermark);
      } else {
        outcome.insert_or_assign(tp, Error{static_cast<Errc>(partition.error_code)});
      }
    }
  }
}

Result<Outcome> remove(client::Cluster& cluster, const Offsets& offsets) {
  std::set<std::string> topics;
  for (const auto& [tp, offset] : offsets) topics.insert(tp.topic);
  auto image = cluster.metadata(topics, false, cluster.default_deadline());
  if (!image) return image.error();
  Outcome outcome;
  std::map<int32_t, Offsets> by_leader;
  for (const auto& entry : offsets) {
    const client::TopicState& topic = image->topics[entry.first.topic];
    auto partition = topic.partitions.find(entry.first.partition);
    if (topic.error != Errc::none) {
      outcome.insert_or_assign(entry.first, Error{topic.error});
    } else if (partition == topic.partitions.end() || partition->second.leader < 0) {
      outcome.insert_or_assign(entry.first, Error{Errc::leader_not_available});
    } else {
      by_leader[partition->second.leader].push_back(entry);
    }
  }
  for (const auto& [leader, some] : by_leader) ask_leader(cluster, leader, some, outcome);
  return outcome;
}

}  // namespace

int delete_records(Arguments arguments) {
  auto parser = make_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::uncaught_refusal(options.error());
  if (auto code = cli::help_or_version(parser, *options,
                                       "This tool helps to delete records of the given partitions "
                                       "down to the specified offset.")) {
    return *code;
  }
  if (auto problem = cli::require(*options, {"bootstrap-server", "offset-json-file"})) {
    return cli::usage_error(parser, *problem);
  }
  auto cluster = connect_admin(*options);
  if (!cluster) return cli::uncaught_admin(cluster.error());
  const std::string path = options->text("offset-json-file");
  auto text = read_file(path);
  if (!text) return cli::uncaught(cli::exception_name(k_io), "Unable to read file " + path);
  auto offsets = parse_offsets(*text);
  if (!offsets) {
    return cli::uncaught(cli::exception_name(offsets.error().code), offsets.error().message);
  }
  std::cout << "Executing records delete operation" << std::endl;
  auto outcome = remove(**cluster, *offsets);
  if (!outcome) {
    return cli::uncaught(cli::exception_name(outcome.error().code), outcome.error().text());
  }
  std::cout << "Records delete operation completed:\n";
  for (const auto& [tp, result] : *outcome) {
    std::cout << "partition: " << tp << '\t';
    if (result) {
      std::cout << "low_watermark: " << *result << '\n';
    } else {
      std::cout << "error: " << cli::exception_text(result.error()) << '\n';
    }
  }
  return 0;
}

}  // namespace samsa::tools
