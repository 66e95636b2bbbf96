#pragma once
// What a server of Kafka frames asks of whoever answers them.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "runtime/task.h"

namespace samsa::net {

// A stretch of a file to be sent without passing through this process's memory. The owner keeps the
// descriptor open.
struct FileSlice {
  std::shared_ptr<const void> owner;
  int fd = -1;
  int64_t position = 0;
  int64_t length = 0;
};

// The answer to one frame.
struct Reply {
  // A file slice belongs into the bytes before the given index.
  struct Splice {
    size_t before;
    FileSlice slice;
  };
  enum class Then { keep_open, close };

  Bytes bytes;  // the whole frame with its length in front, less what is spliced in; empty: answer
                // nothing
  std::vector<Splice> splices;
  // Kept until all of it has been sent, or the connection is over.
  std::shared_ptr<const void> held;
  Then then = Then::keep_open;

  static Reply nothing() { return {}; }
  // The peer broke the protocol: hang up without a word, as Kafka does.
  static Reply hang_up() { return {.then = Then::close}; }
};

// Who is at the other end. Lives as long as the connection.
struct ConnectionInfo {
  std::string listener_name;
  std::string security_protocol;
  std::string client_host;  // numeric address without the port
  uint64_t id = 0;          // never reused while the process lives
  bool is_privileged_listener = false;
  bool is_over = false;  // nobody takes an answer any more
  // Called once, when the connection ends while a frame of it is being answered; for whoever waits
  // long. Whoever sets it takes it back before it answers.
  std::function<void()> when_over;
  // What the client told of itself with ApiVersions 3 (KIP-511), for the logs.
  std::string client_software_name, client_software_version;
};

class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  // Answers one frame (without its length). Runs on the connection's loop; the frame's bytes, which
  // may be patched in place, stay valid and the connection reads no further until the task is done.
  // Must not throw.
  virtual runtime::Task<Reply> handle(ConnectionInfo& peer, char* frame, size_t size) = 0;
};

}  // namespace samsa::net
