#pragma once
// The appends of one produce request, partition after partition in the request's order.

#include <vector>

#include "api/context.h"
#include "protocol/messages/produce.h"
#include "record/effort.h"
#include "record/validate.h"
#include "replica/partition_table.h"

namespace samsa::api {

// Versions of produce requests from which on a batch is of format v2 (KIP-98) and may be of zstd
// (KIP-110).
inline constexpr int16_t k_first_v2_version = 3, k_first_zstd_version = 7;

// An append that waits for replicas, and the place in the response that it will complete.
struct PendingAppend {
  std::shared_ptr<replica::Partition> partition;
  Offset required;
  LeaderEpoch epoch;
  int32_t min_isr;
  size_t topic, index;
};

// Borrows the context and the request, whose records are patched in place. One thread at a time.
class ProduceAppends {
 public:
  // `refuse_all`: what is wrong with the request as a whole, if anything.
  ProduceAppends(RequestContext& context, const protocol::ProduceRequest& request, Errc refuse_all);

  // Appends until all is done (true), or until what comes next would take more than is left of the
  // time, or waits for the disk (false).
  bool run_within(record::EffortBudget budget);
  // Appends the rest, whatever it takes.
  void run();

  protocol::ProduceResponse response;
  std::vector<PendingAppend> pending;

 private:
  using PartitionData = protocol::ProduceRequest::PartitionProduceData;
  using PartitionResponse = protocol::ProduceResponse::PartitionProduceResponse;

  bool run(record::EffortBudget* budget);
  // Nothing where the budget does not suffice.
  std::optional<PartitionResponse> append(const std::string& topic,
                                          const replica::TopicSettings& settings,
                                          const PartitionData& data, record::EffortBudget* budget);
  // What is wrong before the records are looked into.
  Errc check(const std::string& topic, const PartitionData& data) const;

  RequestContext& context_;
  const protocol::ProduceRequest& request_;
  const Errc refuse_all_;
  const bool internal_allowed_;
  // The next partition.
  size_t topic_ = 0, index_ = 0;
};

}  // namespace samsa::api
