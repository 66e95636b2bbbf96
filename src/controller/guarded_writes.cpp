#include "controller/guarded_writes.h"

#include <algorithm>
#include <numeric>

namespace samsa::controller {

using zk::Op;
using zk::OpResult;
using zk::ZkCode;

namespace {

// Of some hundred bytes each, where a server takes a megabyte.
constexpr size_t k_ops_of_request = 100;

struct Request {
  std::vector<size_t> ops;  // by index
  zk::ZkFuture<std::vector<OpResult>> answer;
};

std::vector<Request> send(zk::Client& client, const Op& guard, const std::vector<Op>& all,
                          const std::vector<size_t>& indices, size_t ops_of_request) {
  std::vector<Request> requests;
  for (size_t first = 0; first < indices.size(); first += ops_of_request) {
    const size_t last = std::min(first + ops_of_request, indices.size());
    Request request{.ops = {indices.begin() + static_cast<ptrdiff_t>(first),
                            indices.begin() + static_cast<ptrdiff_t>(last)}};
    std::vector<Op> ops = {guard};
    for (const size_t i : request.ops) ops.push_back(all[i]);
    request.answer = client.multi(std::move(ops));
    requests.push_back(std::move(request));
  }
  return requests;
}

}  // namespace

runtime::Task<GuardedWrites> write_guarded(zk::Client& client, Op guard, std::vector<Op> ops) {
  GuardedWrites written{.results = std::vector<OpResult>(ops.size())};
  std::vector<size_t> left(ops.size());
  std::iota(left.begin(), left.end(), size_t{0});
  size_t ops_of_request = k_ops_of_request;
  for (bool is_due = true; is_due; ops_of_request = 1) {
    is_due = false;
    std::vector<size_t> failed;
    const auto requests = send(client, guard, ops, left, ops_of_request);
    for (const auto& request : requests) {
      auto done = co_await request.answer.wait();
      const bool is_guarded_off =
          !done && !done.value.empty() && done.value.front().code == ZkCode::bad_version;
      written.is_fenced = written.is_fenced || is_guarded_off;
      for (size_t i = 0; i < request.ops.size(); ++i)
        written.results[request.ops[i]] =
            done ? std::move(done.value[i + 1]) : OpResult{.code = done.code};
      if (done || is_guarded_off || done.code == ZkCode::session_expired) continue;
      failed.insert(failed.end(), request.ops.begin(), request.ops.end());
      is_due = is_due || request.ops.size() > 1 || done.code == ZkCode::connection_loss;
    }
    left = std::move(failed);
  }
  co_return written;
}

}  // namespace samsa::controller
