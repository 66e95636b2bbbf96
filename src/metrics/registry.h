#pragma once
// All metrics of the process and their text for Prometheus. Families carry the names that the JMX
// exporter gives Kafka's, so that dashboards made for Kafka show this broker too.
//
//   Counter& bytes = registry.counter("kafka_server_brokertopicmetrics_bytesin_total");
//   bytes.add(n);

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "metrics/instruments.h"

namespace samsa::metrics {

// Name and value; order is kept.
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

enum class FamilyType { counter, gauge, untyped };

// Gathers one scrape. Samples of a family may come from several places.
class Exposition {
 public:
  void add(std::string_view family, FamilyType type, Labels labels, double value);
  // With labels already written out: `topic="a",partition="0"`.
  void add_text(std::string_view family, FamilyType type, std::string_view labels, double value);
  // Families by name, each headed by its type.
  std::string text() const;

 private:
  struct Family {
    FamilyType type;
    std::string lines;
  };
  std::map<std::string, Family, std::less<>> families_;
};

class Registry {
 public:
  explicit Registry(Clock& clock) : clock_(clock) {}

  // The metric of that family and these labels, made at first use; stays valid until removed. Keep
  // the reference: looking it up takes a lock.
  Counter& counter(std::string_view family, Labels labels = {});
  Gauge& gauge(std::string_view family, Labels labels = {});
  // Shown as FAMILY{quantile=...} and FAMILY_count.
  Histogram& histogram(std::string_view family, Labels labels = {});

  // Drops every metric that carries this label, e.g. a deleted topic's. References to them die.
  void remove(std::string_view label, std::string_view value);

  // Values that are read only when somebody asks, e.g. those of each partition. The collector runs
  // on the asking thread, with the registry locked, until the handle is destroyed; it must not call
  // the registry.
  using Collector = std::function<void(Exposition&)>;
  class Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept
        : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
    Handle& operator=(Handle&& other) noexcept;
    ~Handle() { release(); }

   private:
    friend class Registry;
    Handle(Registry* registry, uint64_t id) : registry_(registry), id_(id) {}
    void release();
    Registry* registry_ = nullptr;
    uint64_t id_ = 0;
  };
  [[nodiscard]] Handle collect(Collector collector);

  // The scrape, in Prometheus' text format 0.0.4.
  std::string text();

 private:
  template <class T>
  using Family = std::map<std::string, std::unique_ptr<T>, std::less<>>;
  template <class T>
  using Families = std::map<std::string, Family<T>, std::less<>>;

  template <class T>
  T& find_or_add(Families<T>& families, std::string_view family, Labels labels);
  void rotate_histograms();
  void drop_collector(uint64_t id);

  Clock& clock_;
  std::mutex mutex_;
  Families<Counter> counters_;
  Families<Gauge> gauges_;
  Families<Histogram> histograms_;
  std::map<uint64_t, Collector> collectors_;
  uint64_t next_id_ = 0;
  SteadyTime rotated_{};
};

// Memory, processor time, descriptors and start time of this process.
[[nodiscard]] Registry::Handle collect_process(Registry& registry);

}  // namespace samsa::metrics
