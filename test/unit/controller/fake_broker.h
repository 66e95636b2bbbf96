#pragma once
// A broker as the controller sees one: takes orders over loopback, writes them down and agrees.

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "net/server.h"
#include "protocol/header.h"
#include "protocol/messages/leader_and_isr.h"
#include "protocol/messages/stop_replica.h"
#include "protocol/messages/update_metadata.h"

namespace samsa::controller {

class FakeBroker : public net::FrameHandler {
 public:
  explicit FakeBroker(BrokerId id)
      : id_(id), loop_("broker-" + std::to_string(id.value())), server_({&loop_}, *this, {}) {
    loop_.start();
    auto port = server_.listen(
        {.listener_name = "PLAINTEXT", .security_protocol = "PLAINTEXT", .host = "127.0.0.1"});
    CHECK(port);
    port_ = *port;
    server_.accept_all();
  }
  ~FakeBroker() override {
    server_.stop(std::chrono::steady_clock::now());
    loop_.stop();
  }

  BrokerId id() const { return id_; }
  uint16_t port() const { return port_; }

  // Waits until what was ordered last for the partition is this, as "leader 1 epoch 0 isr 1,2".
  bool is_told(const TopicPartition& tp, const std::string& leadership) {
    return await([&] { return told_[tp] == leadership; });
  }
  // Waits until the metadata that it was sent last names these live brokers, as "1,2".
  bool knows_brokers(const std::string& ids) {
    return await([&] { return live_ == ids; });
  }
  bool was_told_to_delete(const TopicPartition& tp) {
    return await([&] { return std::ranges::count(deleted_, tp) > 0; });
  }
  // Its directory fails: orders for the partition are answered with KAFKA_STORAGE_ERROR from now
  // on.
  void lose(const TopicPartition& tp) {
    std::scoped_lock hold(mutex_);
    lost_.insert(tp);
  }
  // Waits until the metadata names these offline replicas of the partition, as "1,2".
  bool knows_offline(const TopicPartition& tp, const std::string& ids) {
    return await([&] { return offline_[tp] == ids; });
  }
  int32_t controller_epoch() {
    std::scoped_lock hold(mutex_);
    return controller_epoch_;
  }

  runtime::Task<net::Reply> handle(net::ConnectionInfo&, char* frame, size_t size) override {
    protocol::Decoder in({frame, size});
    protocol::RequestHeader header;
    const protocol::Api& api = *protocol::find_api(load_be<int16_t>(frame));
    const auto version = load_be<int16_t>(frame + 2);
    header.decode_from(in, protocol::request_header_version(api, version));
    std::scoped_lock hold(mutex_);
    net::Reply reply;
    switch (header.request_api_key) {
      case protocol::LeaderAndIsrRequest::k_api_key:
        reply = take(header, *protocol::LeaderAndIsrRequest::decode(in.rest(), version));
        break;
      case protocol::UpdateMetadataRequest::k_api_key:
        reply = take(header, *protocol::UpdateMetadataRequest::decode(in.rest(), version));
        break;
      default:
        reply = take(header, *protocol::StopReplicaRequest::decode(in.rest(), version));
    }
    changed_.notify_all();
    co_return reply;
  }

 private:
  net::Reply take(const protocol::RequestHeader& header,
                  const protocol::LeaderAndIsrRequest& request) {
    controller_epoch_ = request.controller_epoch;
    protocol::LeaderAndIsrResponse response;
    for (const auto& topic : request.topic_states) {
      for (const auto& state : topic.partition_states) {
        std::string isr;
        for (const int32_t member : state.isr)
          isr.append(isr.empty() ? "" : ",").append(std::to_string(member));
        told_[{topic.topic_name, state.partition_index}] =
            "leader " + std::to_string(state.leader) + " epoch " +
            std::to_string(state.leader_epoch) + " isr " + isr;
        const bool is_lost = lost_.contains({topic.topic_name, state.partition_index});
        response.partition_errors.push_back(
            {.topic_name = topic.topic_name,
             .partition_index = state.partition_index,
             .error_code = static_cast<int16_t>(is_lost ? Errc::kafka_storage_error : Errc::none)});
      }
    }
    return reply_to(header, response);
  }
  net::Reply take(const protocol::RequestHeader& header,
                  const protocol::UpdateMetadataRequest& request) {
    std::vector<int32_t> ids;
    for (const auto& broker : request.live_brokers) ids.push_back(broker.id);
    std::ranges::sort(ids);
    live_.clear();
    for (const auto& topic : request.topic_states) {
      for (const auto& state : topic.partition_states) {
        std::string& offline = offline_[{topic.topic_name, state.partition_index}];
        offline.clear();
        for (const int32_t id : state.offline_replicas)
          offline.append(offline.empty() ? "" : ",").append(std::to_string(id));
      }
    }
    for (const int32_t id : ids) live_.append(live_.empty() ? "" : ",").append(std::to_string(id));
    return reply_to(header, protocol::UpdateMetadataResponse{});
  }
  net::Reply take(const protocol::RequestHeader& header,
                  const protocol::StopReplicaRequest& request) {
    protocol::StopReplicaResponse response;
    for (const auto& topic : request.topic_states) {
      for (const auto& state : topic.partition_states) {
        if (state.delete_partition) deleted_.push_back({topic.topic_name, state.partition_index});
        response.partition_errors.push_back(
            {.topic_name = topic.topic_name, .partition_index = state.partition_index});
      }
    }
    return reply_to(header, response);
  }
  template <class Response>
  static net::Reply reply_to(const protocol::RequestHeader& request, const Response& response) {
    protocol::Encoder out;
    out.begin_frame();
    const protocol::ResponseHeader header{.correlation_id = request.correlation_id};
    header.encode(out, protocol::response_header_version(*protocol::find_api(Response::k_api_key),
                                                         request.request_api_version));
    response.encode(out, request.request_api_version);
    EXPECT_TRUE(out.end_frame());
    return {.bytes = out.take()};
  }
  template <class F>
  bool await(F condition) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, std::chrono::seconds{10}, condition);
  }

  const BrokerId id_;
  runtime::EventLoop loop_;
  net::Server server_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<TopicPartition, std::string> told_;
  std::vector<TopicPartition> deleted_;
  std::set<TopicPartition> lost_;
  std::map<TopicPartition, std::string> offline_;
  std::string live_;
  int32_t controller_epoch_ = 0;
};

}  // namespace samsa::controller
