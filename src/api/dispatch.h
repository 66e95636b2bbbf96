#pragma once
// From a frame to its handler and back: header, API table, decode, handle, encode.

#include "api/context.h"

namespace samsa::api {

class Dispatcher : public net::FrameHandler {
 public:
  explicit Dispatcher(Services& services) : services_(services) {}

  runtime::Task<net::Reply> handle(net::ConnectionInfo& peer, char* frame, size_t size) override;

 private:
  Services& services_;
};

}  // namespace samsa::api
