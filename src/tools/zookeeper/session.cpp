#include "tools/zookeeper/session.h"

#include "zk/client/apache_client.h"

namespace samsa::tools::zookeeper {

Result<std::unique_ptr<Session>> Session::open(const std::string& connect) {
  constexpr milliseconds k_patience{30000};
  std::unique_ptr<Session> session(new Session);
  session->loop_.start();
  auto client = zk::ApacheClient::connect({.connect = connect,
                                           .session_timeout = k_patience,
                                           .connection_timeout = k_patience,
                                           .loop = &session->loop_,
                                           .create_chroot = false});
  if (!client) {
    return Error{Errc::network_exception,
                 "Timed out waiting for connection while in state: CONNECTING"};
  }
  session->client_ = std::move(*client);
  return session;
}

Session::~Session() {
  if (client_) client_->close();
  gate_.close();
  loop_.stop();
}

}  // namespace samsa::tools::zookeeper
