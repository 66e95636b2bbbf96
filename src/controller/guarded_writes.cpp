#include "controller/guarded_writes.h"

#include <algorithm>
#include <deque>
#include <span>

namespace samsa::controller {

using zk::Op;
using zk::OpResult;
using zk::ZkCode;

namespace {

struct Request {
  size_t first = 0, count = 0;  // of the operations
  zk::ZkFuture<std::vector<OpResult>> answer;
};

Request send(zk::Client& client, const Op& guard, const std::vector<Op>& all, size_t first,
             size_t count) {
  std::vector<Op> ops = {guard};
  const std::span shared(all.begin() + static_cast<ptrdiff_t>(first), count);
  ops.insert(ops.end(), shared.begin(), shared.end());
  return {first, count, client.multi(std::move(ops))};
}

}  // namespace

runtime::Task<GuardedWrites> write_guarded(zk::Client& client, Op guard, std::vector<Op> ops) {
  // Of some hundred bytes each, where a server takes a megabyte.
  constexpr size_t k_ops_of_request = 100;
  GuardedWrites written{.results = std::vector<OpResult>(ops.size())};
  std::deque<Request> requests;
  for (size_t first = 0; first < ops.size(); first += k_ops_of_request)
    requests.push_back(
        send(client, guard, ops, first, std::min(k_ops_of_request, ops.size() - first)));
  while (!requests.empty()) {
    const Request request = std::move(requests.front());
    requests.pop_front();
    auto done = co_await request.answer.wait();
    const auto results = written.results.begin() + static_cast<ptrdiff_t>(request.first);
    if (done) {
      std::move(done.value.begin() + 1, done.value.end(), results);
    } else if (!done.value.empty() && done.value.front().code == ZkCode::bad_version) {
      written.is_fenced = true;
      std::fill_n(results, request.count, OpResult{.code = ZkCode::bad_version});
    } else if (request.count == 1 || done.code == ZkCode::session_expired) {
      std::fill_n(results, request.count, OpResult{.code = done.code});
    } else {
      // Behind all that is under way, and what builds on these comes to its turn later still.
      for (size_t i = 0; i < request.count; ++i)
        requests.push_back(send(client, guard, ops, request.first + i, 1));
    }
  }
  co_return written;
}

}  // namespace samsa::controller
