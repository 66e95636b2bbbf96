// InitProducerId (key 22): an identity for an idempotent producer.

#include <glog/logging.h>

#include "api/handlers.h"
#include "api/producer_ids.h"
#include "config/holder.h"
#include "protocol/messages/init_producer_id.h"
#include "zk/schema/brokers.h"

namespace samsa::api {

std::optional<int64_t> ProducerIds::take() {
  std::scoped_lock hold(mutex_);
  if (next_ > last_) return std::nullopt;
  return next_++;
}

bool ProducerIds::has_some() {
  std::scoped_lock hold(mutex_);
  return next_ <= last_;
}

Task<Result<ProducerId>> ProducerIds::next() {
  for (;;) {
    if (const auto id = take()) co_return ProducerId{*id};
    auto drawn = co_await draw_block();
    if (!drawn) co_return drawn.error();
  }
}

Task<Result<void>> ProducerIds::draw_block() {
  constexpr int64_t k_block_size = 1000;
  const std::string path(zk::k_producer_id_block_path);
  while (!has_some()) {
    const auto known = co_await zookeeper_.get(path, false).wait();
    if (!known) co_return Error{Errc::coordinator_not_available};
    int64_t first = 0;
    if (!known.value.data.empty()) {
      auto block = zk::ProducerIdBlock::decode(known.value.data);
      if (!block) {
        LOG(ERROR) << path << ": " << block.error();
        co_return Error{Errc::coordinator_not_available};
      }
      first = block->last + 1;
    }
    const zk::ProducerIdBlock mine{self_, first, first + k_block_size - 1};
    const auto set = co_await zookeeper_.set(path, mine.encode(), known.value.stat.version).wait();
    if (set.code == zk::ZkCode::bad_version) continue;  // another broker was faster
    if (!set) co_return Error{Errc::coordinator_not_available};
    std::scoped_lock hold(mutex_);
    if (next_ > last_) {
      next_ = mine.first;
      last_ = mine.last;
    }
  }
  co_return ok();
}

namespace {

Errc judge(const protocol::InitProducerIdRequest& request, int32_t transaction_timeout_max_ms) {
  if ((request.producer_id == -1) != (request.producer_epoch == -1)) return Errc::invalid_request;
  if (!request.transactional_id) return Errc::none;
  if (request.transactional_id->empty()) return Errc::invalid_request;
  if (request.transaction_timeout_ms <= 0 ||
      request.transaction_timeout_ms > transaction_timeout_max_ms)
    return Errc::invalid_transaction_timeout;
  // Transactions need a coordinator, which this broker does not offer yet.
  return Errc::coordinator_not_available;
}

}  // namespace

Task<protocol::InitProducerIdResponse> init_producer_id(RequestContext& context,
                                                        protocol::InitProducerIdRequest request) {
  protocol::InitProducerIdResponse response;
  response.producer_id = -1;
  response.producer_epoch = -1;
  const Errc refused =
      judge(request, context.services.config.current()->transaction_max_timeout_ms);
  if (refused != Errc::none) {
    response.error_code = static_cast<int16_t>(refused);
    co_return response;
  }
  auto id = co_await context.services.producer_ids.next();
  if (!id) {
    response.error_code = static_cast<int16_t>(id.error().code);
    co_return response;
  }
  response.producer_id = id->value();
  response.producer_epoch = 0;
  co_return response;
}

}  // namespace samsa::api
