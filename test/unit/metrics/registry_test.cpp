#include "metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace samsa::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

class RegistryTest : public testing::Test {
 protected:
  ManualClock clock_;
  Registry registry_{clock_};
};

TEST_F(RegistryTest, TheSameNameAndLabelsAreTheSameMetric) {
  Counter& first = registry_.counter("bytes_total", {{"topic", "a"}});
  first.add(2);
  registry_.counter("bytes_total", {{"topic", "a"}}).add(3);
  registry_.counter("bytes_total").add(9);
  EXPECT_EQ(first.value(), 5u);
  EXPECT_EQ(registry_.text(),
            "# TYPE bytes_total counter\nbytes_total 9\nbytes_total{topic=\"a\"} 5\n");
}

TEST_F(RegistryTest, FamiliesAreTypedAndLabelsEscaped) {
  registry_.gauge("size", {{"dir", "a\"\\\n"}}).set(-4);
  EXPECT_EQ(registry_.text(), "# TYPE size gauge\nsize{dir=\"a\\\"\\\\\\n\"} -4\n");
}

TEST_F(RegistryTest, HistogramsShowQuantilesAndACount) {
  Histogram& h = registry_.histogram("time", {{"request", "Fetch"}});
  for (int i = 0; i < 99; ++i) h.record(10);
  h.record(5000);
  const std::string text = registry_.text();
  EXPECT_THAT(text, HasSubstr("time{quantile=\"0.50\",request=\"Fetch\"} 10.5\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE time_count untyped\ntime_count{request=\"Fetch\"} 100\n"));
  EXPECT_NEAR(h.quantile(0.999), 5000, 5000 / 8.0);
}

TEST(Histogram, IsExactToAnEighthOfAnyValue) {
  for (uint64_t value = 1; value < (uint64_t{1} << 39); value = value * 3 + 1) {
    Histogram h;
    h.record(value);
    const auto exact = static_cast<double>(value);
    EXPECT_NEAR(h.quantile(0.5), exact, exact / 8) << value;
  }
}

TEST(Histogram, TakesTheLargestAndNoValue) {
  Histogram h;
  EXPECT_EQ(h.quantile(0.5), 0);
  h.record(UINT64_MAX);
  EXPECT_GT(h.quantile(0.5), 1e12 * 0.9);
}

TEST_F(RegistryTest, OldValuesLeaveTheQuantilesButNotTheCount) {
  Histogram& h = registry_.histogram("time");
  h.record(1000);
  for (int i = 0; i < 3; ++i) {
    clock_.advance(std::chrono::minutes(6));
    registry_.text();
  }
  EXPECT_EQ(h.quantile(0.5), 0);
  EXPECT_EQ(h.count(), 1u);
}

TEST_F(RegistryTest, ADeletedTopicsMetricsGo) {
  registry_.counter("in", {{"topic", "a"}}).add();
  registry_.counter("in", {{"topic", "ab"}}).add();
  registry_.gauge("size", {{"partition", "0"}, {"topic", "a"}}).set(1);
  registry_.gauge("size", {{"subtopic", "a"}}).set(1);
  registry_.remove("topic", "a");
  const std::string text = registry_.text();
  EXPECT_THAT(text, Not(HasSubstr("{topic=\"a\"}")));
  EXPECT_THAT(text, Not(HasSubstr("partition")));
  EXPECT_THAT(text, HasSubstr("topic=\"ab\""));
  EXPECT_THAT(text, HasSubstr("subtopic"));
}

TEST_F(RegistryTest, CollectorsAreAskedUntilTheirHandleGoes) {
  {
    const auto handle = registry_.collect([](Exposition& out) {
      out.add("log_size", FamilyType::gauge, {{"topic", "a"}}, 1.5);
    });
    EXPECT_THAT(registry_.text(), HasSubstr("log_size{topic=\"a\"} 1.5"));
  }
  EXPECT_EQ(registry_.text(), "");
}

TEST_F(RegistryTest, ThreadsLoseNoIncrement) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      for (int i = 0; i < 1000; ++i) {
        registry_.counter("n").add();
        registry_.histogram("h").record(static_cast<uint64_t>(i));
      }
    });
  threads.clear();
  EXPECT_EQ(registry_.counter("n").value(), 4000u);
  EXPECT_EQ(registry_.histogram("h").count(), 4000u);
}

TEST_F(RegistryTest, TheProcessTellsItsMemory) {
  const auto handle = collect_process(registry_);
  EXPECT_THAT(registry_.text(), HasSubstr("process_resident_memory_bytes "));
  EXPECT_THAT(registry_.text(), HasSubstr("process_open_fds "));
}

}  // namespace
}  // namespace samsa::metrics
