#pragma once
// One ZooKeeper session of a tool, used from its main thread.

#include <memory>
#include <string>

#include "base/errc.h"
#include "runtime/block_on.h"
#include "zk/client/client.h"

namespace samsa::tools::zookeeper {

class Session {
 public:
  // Blocks up to 30 s, as Kafka's tools do. A chroot that is missing is not created: the cluster
  // then looks empty. The error has Kafka's sentence.
  static Result<std::unique_ptr<Session>> open(const std::string& connect);
  ~Session();

  zk::Client& client() { return *client_; }

  // The task's result, waited for here.
  template <class T>
  T run(runtime::Task<T> task) {
    return runtime::block_on(loop_, gate_, std::move(task));
  }
  template <class T>
  zk::ZkResult<T> wait(zk::ZkFuture<T> answer) {
    return run(answer.wait());
  }

 private:
  Session() = default;

  runtime::EventLoop loop_{"zookeeper"};
  runtime::Gate gate_;
  std::unique_ptr<zk::Client> client_;
};

}  // namespace samsa::tools::zookeeper
