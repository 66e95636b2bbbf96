// Tables, CSV and times of kafka-consumer-groups.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <regex>

#include "tools/commands/consumer_groups.h"

namespace samsa::tools {

namespace {

std::string number(const std::optional<int64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

// Cells padded to their widths; the last one is not.
std::string line(const std::vector<std::pair<std::string, size_t>>& cells) {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += ' ';
    text += pad(cells[i].first, cells[i].second);
  }
  return text;
}

std::string format_assignment(std::vector<TopicPartition> partitions) {
  if (partitions.empty()) return "-";
  std::sort(partitions.begin(), partitions.end());
  std::string text;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const bool first = i == 0 || partitions[i].topic != partitions[i - 1].topic;
    if (first) text += (i == 0 ? "" : "), ") + partitions[i].topic + "(";
    if (!first) text += ',';
    text += std::to_string(partitions[i].partition);
  }
  return text + ")";
}

template <class Int>
std::optional<Int> parse_number(const std::string& text) {
  Int value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string format_offsets(const std::string& group, const std::vector<OffsetRow>& rows) {
  size_t group_width = std::max<size_t>(15, group.size());
  size_t topic_width = 15, consumer_width = 15, host_width = 15;
  for (const OffsetRow& row : rows) {
    if (row.partition) topic_width = std::max(topic_width, row.partition->topic.size());
    consumer_width = std::max(consumer_width, row.consumer_id.size());
    host_width = std::max(host_width, row.host.size());
  }
  auto make = [&](const std::vector<std::string>& cells) {
    const size_t widths[] = {group_width, topic_width,    10,         15, 15,
                             15,          consumer_width, host_width, 0};
    std::vector<std::pair<std::string, size_t>> padded;
    for (size_t i = 0; i < cells.size(); ++i) padded.emplace_back(cells[i], widths[i]);
    return line(padded) + "\n";
  };
  std::string text = "\n" + make({"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET",
                                  "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"});
  for (const OffsetRow& row : rows) {
    std::optional<int64_t> lag;
    if (row.offset && *row.offset != -1 && row.log_end) lag = *row.log_end - *row.offset;
    text +=
        make({group, row.partition ? row.partition->topic : "-",
              row.partition ? std::to_string(row.partition->partition) : "-", number(row.offset),
              number(row.log_end), number(lag), row.consumer_id, row.host, row.client_id});
  }
  return text;
}

std::string format_members(const std::string& group,
                           const std::vector<client::GroupMemberInfo>& members, bool verbose) {
  size_t consumer = 15, instance = 17, host = 15, client = 15;
  bool any_instance = false;
  for (const auto& member : members) {
    consumer = std::max(consumer, member.consumer_id.size());
    instance = std::max(instance, member.instance_id.value_or("").size());
    host = std::max(host, member.host.size());
    client = std::max(client, member.client_id.size());
    any_instance = any_instance || !member.instance_id.value_or("").empty();
  }
  const size_t group_width = std::max<size_t>(15, group.size());
  auto make = [&](const std::string& id, const client::GroupMemberInfo& member,
                  const std::string& partitions, const std::string& assignment) {
    std::vector<std::pair<std::string, size_t>> cells{{id, group_width},
                                                      {member.consumer_id, consumer}};
    if (any_instance) cells.emplace_back(member.instance_id.value_or(""), instance);
    cells.emplace_back(member.host, host);
    cells.emplace_back(member.client_id, client);
    cells.emplace_back(partitions, 15);
    return line(cells) + " " + (verbose ? assignment : "") + "\n";
  };
  client::GroupMemberInfo titles{"CONSUMER-ID", "GROUP-INSTANCE-ID", "CLIENT-ID", "HOST", {}};
  std::string text = "\n" + make("GROUP", titles, "#PARTITIONS", "ASSIGNMENT");
  for (const auto& member : members) {
    text += make(group, member, std::to_string(member.assignment.size()),
                 format_assignment(member.assignment));
  }
  return text;
}

std::string format_state(const client::GroupInfo& group, const std::string& coordinator) {
  // The width of the second column goes to the first, as Kafka has it.
  const size_t width = std::max<size_t>(25, coordinator.size());
  auto make = [&](const std::string& a, const std::string& b, const std::string& c,
                  const std::string& d, const std::string& e) {
    return "\n" + line({{a, width}, {b, 25}, {c, 20}, {d, 15}, {e, 0}});
  };
  return make("GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS") +
         make(group.id, coordinator, group.assignor, group.state,
              std::to_string(group.members.size())) +
         "\n";
}

std::string format_new_offsets(const std::map<std::string, NewOffsets>& groups) {
  if (groups.empty()) return {};
  auto make = [](const std::string& a, const std::string& b, const std::string& c,
                 const std::string& d) {
    return line({{a, 30}, {b, 30}, {c, 10}, {d, 15}}) + "\n";
  };
  std::string text = "\n" + make("GROUP", "TOPIC", "PARTITION", "NEW-OFFSET");
  for (const auto& [group, offsets] : groups) {
    for (const auto& [tp, offset] : offsets) {
      text += make(group, tp.topic, std::to_string(tp.partition), std::to_string(offset));
    }
  }
  return text;
}

std::string format_csv(const std::map<std::string, NewOffsets>& groups, bool single_group) {
  std::string text;
  for (const auto& [group, offsets] : groups) {
    for (const auto& [tp, offset] : offsets) {
      const std::string quoted =
          tp.topic.find_first_of(" -.") == std::string::npos ? tp.topic : "\"" + tp.topic + "\"";
      if (!single_group) text += group + ",";
      text += quoted + "," + std::to_string(tp.partition) + "," + std::to_string(offset) + "\n";
    }
  }
  return text;
}

Result<std::map<std::string, NewOffsets>> parse_csv(const std::string& text,
                                                    const std::vector<std::string>& groups) {
  std::map<std::string, NewOffsets> plan;
  for (const std::string& raw : split(text, '\n')) {
    std::vector<std::string> cells;
    for (std::string cell : split(trim(raw), ',')) {
      if (cell.size() > 1 && cell.front() == '"' && cell.back() == '"') {
        cell = cell.substr(1, cell.size() - 2);
      }
      cells.push_back(std::move(cell));
    }
    if (trim(raw).empty()) continue;
    const bool with_group = cells.size() == 4;
    const size_t at = with_group ? 1 : 0;
    std::optional<int32_t> partition;
    std::optional<int64_t> offset;
    if (cells.size() == at + 3) {
      partition = parse_number<int32_t>(trim(cells[at + 1]));
      offset = parse_number<int64_t>(trim(cells[at + 2]));
    }
    if (!partition || !offset || (!with_group && groups.size() != 1)) {
      return Error{k_refused, "Cannot read the reset plan's line \"" + raw + "\""};
    }
    plan[with_group ? cells[0] : groups.front()][{cells[at], *partition}] = *offset;
  }
  return plan;
}

Result<int64_t> parse_datetime(const std::string& text) {
  static const std::regex pattern(
      R"((\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})(Z|[+-]\d{2}(?::?\d{2})?)?)");
  std::smatch parts;
  if (!std::regex_match(text, parts, pattern)) {
    if (text.find('T') == std::string::npos) {
      return Error{
          k_unreadable_time,
          "Error parsing timestamp. It does not contain a 'T' according to ISO8601 format"};
    }
    return Error{k_unreadable_time, "Unparseable date: \"" + text + "\""};
  }
  tm moment{};
  moment.tm_year = std::stoi(parts[1]) - 1900;
  moment.tm_mon = std::stoi(parts[2]) - 1;
  moment.tm_mday = std::stoi(parts[3]);
  moment.tm_hour = std::stoi(parts[4]);
  moment.tm_min = std::stoi(parts[5]);
  moment.tm_sec = std::stoi(parts[6]);
  int64_t seconds = ::timegm(&moment);
  const std::string zone = parts[8];
  if (zone.size() >= 3) {
    const int hours = std::stoi(zone.substr(1, 2));
    const int minutes = zone.size() >= 5 ? std::stoi(zone.substr(zone.size() - 2)) : 0;
    const int shift = hours * 3600 + minutes * 60;
    seconds -= zone.front() == '-' ? -shift : shift;
  }
  return seconds * 1000 + std::stoi(parts[7]);
}

Result<int64_t> parse_duration(const std::string& text) {
  static const std::regex pattern(
      R"(([-+]?)P(?:([-+]?\d+)D)?(T(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+)(?:\.(\d{0,9}))?S)?)?)",
      std::regex::icase);
  std::smatch parts;
  const bool fits = std::regex_match(text, parts, pattern);
  const bool empty_time = fits && parts[3].matched && parts[3].length() == 1;
  const bool anything =
      fits && (parts[2].matched || parts[4].matched || parts[5].matched || parts[6].matched);
  if (!anything || empty_time) {
    return Error{k_unreadable_time, "Text cannot be parsed to a Duration"};
  }
  auto value = [&](size_t i) -> int64_t {
    return parts[i].matched ? std::strtoll(parts[i].str().c_str(), nullptr, 10) : 0;
  };
  int64_t total = ((value(2) * 24 + value(4)) * 60 + value(5)) * 60'000 + value(6) * 1000;
  if (parts[7].matched) total += std::stoi((parts[7].str() + "000").substr(0, 3));
  return parts[1] == "-" ? -total : total;
}

}  // namespace samsa::tools
