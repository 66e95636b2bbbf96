#pragma once
// kafka-consumer-groups: its command line, tables and CSV, apart from asking brokers.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "tools/client/groups.h"
#include "tools/commands/common.h"

namespace samsa::tools {

cli::OptionParser consumer_groups_parser();
// What is wrong with the combination. Prints the warning about a missing --execute.
cli::Check check_consumer_groups(const cli::Options& options);
// The scenarios of --reset-offsets, as messages name them.
const std::vector<std::string>& reset_scenarios();

struct OffsetRow {
  std::optional<TopicPartition> partition;
  std::optional<int64_t> offset;
  std::optional<int64_t> log_end;
  std::string consumer_id = "-";
  std::string host = "-";
  std::string client_id = "-";
};

std::string format_offsets(const std::string& group, const std::vector<OffsetRow>& rows);
std::string format_members(const std::string& group,
                           const std::vector<client::GroupMemberInfo>& members, bool verbose);
std::string format_state(const client::GroupInfo& group, const std::string& coordinator);

using NewOffsets = std::map<TopicPartition, int64_t>;
std::string format_new_offsets(const std::map<std::string, NewOffsets>& groups);
// --export: without the group's column for a single --group.
std::string format_csv(const std::map<std::string, NewOffsets>& groups, bool single_group);
// --from-file. The error is Jackson's place.
Result<std::map<std::string, NewOffsets>> parse_csv(const std::string& text,
                                                    const std::vector<std::string>& groups);

// "YYYY-MM-DDTHH:mm:SS.sss" with an optional zone, as milliseconds since the epoch.
Result<int64_t> parse_datetime(const std::string& text);
// "PnDTnHnMnS", in milliseconds.
Result<int64_t> parse_duration(const std::string& text);

}  // namespace samsa::tools
