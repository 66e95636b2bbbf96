#include "metrics/registry.h"

#include <array>
#include <charconv>
#include <cmath>

namespace samsa::metrics {
namespace {

// Long enough for a dashboard that scrapes each minute, short enough to forget a bad hour.
constexpr std::chrono::minutes k_window{5};

struct Quantile {
  std::string_view label;
  double part;
};
constexpr Quantile k_quantiles[] = {{"0.50", 0.5},  {"0.75", 0.75}, {"0.95", 0.95},
                                    {"0.98", 0.98}, {"0.99", 0.99}, {"0.999", 0.999}};

void append_escaped(std::string& to, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') to += '\\';
    if (c == '\n')
      to += "\\n";
    else
      to += c;
  }
}

std::string write_labels(Labels labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text.append(name).append("=\"");
    append_escaped(text, value);
    text += '"';
  }
  return text;
}

std::string_view name_of(FamilyType type) {
  switch (type) {
    case FamilyType::counter:
      return "counter";
    case FamilyType::gauge:
      return "gauge";
    case FamilyType::untyped:
      return "untyped";
  }
  return "untyped";
}

void append_number(std::string& to, double value) {
  if (std::isnan(value)) {
    to += "NaN";
    return;
  }
  if (std::isinf(value)) {
    to += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.begin(), buffer.end(), value).ptr;
  to.append(buffer.data(), end);
}

bool carries(std::string_view labels, std::string_view wanted) {
  const size_t at = labels.find(wanted);
  return at != std::string_view::npos && (at == 0 || labels[at - 1] == ',');
}

}  // namespace

void Exposition::add(std::string_view family, FamilyType type, Labels labels, double value) {
  add_text(family, type, write_labels(labels), value);
}

void Exposition::add_text(std::string_view family, FamilyType type, std::string_view labels,
                          double value) {
  auto at = families_.find(family);
  if (at == families_.end()) at = families_.emplace(family, Family{type, {}}).first;
  std::string& lines = at->second.lines;
  lines += family;
  if (!labels.empty()) lines.append("{").append(labels).append("}");
  lines += ' ';
  append_number(lines, value);
  lines += '\n';
}

std::string Exposition::text() const {
  std::string text;
  for (const auto& [name, family] : families_)
    text.append("# TYPE ")
        .append(name)
        .append(" ")
        .append(name_of(family.type))
        .append("\n")
        .append(family.lines);
  return text;
}

template <class T>
T& Registry::find_or_add(Families<T>& families, std::string_view family, Labels labels) {
  const std::string text = write_labels(labels);
  std::scoped_lock hold(mutex_);
  auto at = families.find(family);
  if (at == families.end()) at = families.emplace(family, Family<T>{}).first;
  std::unique_ptr<T>& metric = at->second[text];
  if (!metric) metric = std::make_unique<T>();
  return *metric;
}

Counter& Registry::counter(std::string_view family, Labels labels) {
  return find_or_add(counters_, family, labels);
}

Gauge& Registry::gauge(std::string_view family, Labels labels) {
  return find_or_add(gauges_, family, labels);
}

Histogram& Registry::histogram(std::string_view family, Labels labels) {
  return find_or_add(histograms_, family, labels);
}

void Registry::remove(std::string_view label, std::string_view value) {
  const std::string wanted = write_labels({{label, value}});
  std::scoped_lock hold(mutex_);
  const auto prune = [&](auto& families) {
    for (auto& [name, metrics] : families)
      std::erase_if(metrics, [&](const auto& metric) { return carries(metric.first, wanted); });
  };
  prune(counters_);
  prune(gauges_);
  prune(histograms_);
}

Registry::Handle Registry::collect(Collector collector) {
  std::scoped_lock hold(mutex_);
  const uint64_t id = next_id_++;
  collectors_.emplace(id, std::move(collector));
  return Handle(this, id);
}

void Registry::drop_collector(uint64_t id) {
  std::scoped_lock hold(mutex_);
  collectors_.erase(id);
}

void Registry::Handle::release() {
  if (registry_) std::exchange(registry_, nullptr)->drop_collector(id_);
}

Registry::Handle& Registry::Handle::operator=(Handle&& other) noexcept {
  if (this == &other) return *this;
  release();
  registry_ = std::exchange(other.registry_, nullptr);
  id_ = other.id_;
  return *this;
}

void Registry::rotate_histograms() {
  const SteadyTime now = clock_.steady();
  if (now - rotated_ < k_window) return;
  const bool first = rotated_ == SteadyTime{};
  rotated_ = now;
  if (first) return;
  for (auto& [name, metrics] : histograms_)
    for (auto& [labels, histogram] : metrics) histogram->rotate();
}

std::string Registry::text() {
  Exposition out;
  std::scoped_lock hold(mutex_);
  for (const auto& [family, metrics] : counters_)
    for (const auto& [labels, counter] : metrics)
      out.add_text(family, FamilyType::counter, labels, static_cast<double>(counter->value()));
  for (const auto& [family, metrics] : gauges_)
    for (const auto& [labels, gauge] : metrics)
      out.add_text(family, FamilyType::gauge, labels, static_cast<double>(gauge->value()));
  for (const auto& [family, metrics] : histograms_) {
    for (const auto& [labels, histogram] : metrics) {
      for (const Quantile& q : k_quantiles) {
        std::string all = "quantile=\"" + std::string(q.label) + '"';
        if (!labels.empty()) all.append(",").append(labels);
        out.add_text(family, FamilyType::gauge, all, histogram->quantile(q.part));
      }
      out.add_text(family + "_count", FamilyType::untyped, labels,
                   static_cast<double>(histogram->count()));
    }
  }
  for (const auto& [id, collector] : collectors_) collector(out);
  rotate_histograms();
  return out.text();
}

}  // namespace samsa::metrics
