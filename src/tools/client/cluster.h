#pragma once
// The cluster as a tool sees it: metadata, and calls that find the right broker, retried until a
// deadline.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/types.h"
#include "config/key.h"
#include "protocol/messages/metadata.h"
#include "tools/client/network.h"

namespace samsa::tools::client {

// Kafka's client properties, as in a --command-config file.
using config::Properties;

struct Node {
  int32_t id = -1;
  HostPort address;
  std::optional<std::string> rack;
};

struct PartitionState {
  Errc error = Errc::none;
  int32_t leader = -1;
  int32_t leader_epoch = -1;
  std::vector<int32_t> replicas;
  std::vector<int32_t> isr;
};

struct TopicState {
  Errc error = Errc::none;
  bool internal = false;
  std::map<int32_t, PartitionState> partitions;
};

// One answer of a broker.
struct ClusterImage {
  std::map<int32_t, Node> nodes;
  int32_t controller = -1;
  std::string cluster_id;
  std::map<std::string, TopicState> topics;
};

struct ClusterOptions {
  std::string bootstrap_servers;
  NetworkOptions network;
  milliseconds request_timeout{30'000};
  // Bounds a call with all its retries.
  milliseconds api_timeout{60'000};
  milliseconds retry_backoff{100};

  // From properties, over the given role's defaults, with a warning of those that the role does not
  // know. INVALID_CONFIG or k_kafka for what is impossible or what we do not speak, with a sentence
  // for people.
  static Result<ClusterOptions> from(const Properties& properties, std::string_view role);
};

// INVALID_CONFIG with Kafka's sentence.
Result<std::vector<HostPort>> parse_servers(std::string_view list);

// Not synchronised; all work happens in the calls.
class Cluster {
 public:
  // Does not connect yet, but looks names up: INVALID_CONFIG in Kafka's words where none has an
  // address.
  static Result<std::unique_ptr<Cluster>> make(const ClusterOptions& options);

  Network& network() { return network_; }
  const ClusterOptions& options() const { return options_; }
  SteadyTime default_deadline() const { return now() + options_.api_timeout; }
  static SteadyTime now() { return Clock::system().steady(); }

  // The image of all topics (nothing given) or of those. Does not ask a topic's errors to go away.
  Result<ClusterImage> metadata(const std::optional<std::set<std::string>>& topics,
                                bool create_topics, SteadyTime deadline);
  // The last image's nodes, for calls by id. Any metadata() renews it.
  const std::map<int32_t, Node>& nodes() const { return nodes_; }
  // From an answer that came some other way.
  ClusterImage absorb(const protocol::MetadataResponse& response);

  // A node to ask anything, by turns after a failure; negative while only the bootstrap list is
  // known.
  int32_t any_node() const;
  // The node turned out not to answer.
  void avoid(int32_t node);

  // The group's coordinator; found once and remembered until forget_coordinator().
  Result<int32_t> coordinator(const std::string& group, SteadyTime deadline);
  void forget_coordinator(const std::string& group) { coordinators_.erase(group); }
  Result<int32_t> controller(SteadyTime deadline);

  // Tries until success, an error that is not worth a retry, or the deadline. `attempt` gets the
  // deadline of its request.
  template <class T>
  Result<T> retry(SteadyTime deadline, const std::function<Result<T>(SteadyTime)>& attempt) {
    // Brokers that do not answer are tried ever more rarely, as reconnect.backoff.max.ms says.
    constexpr milliseconds k_rarest{1000};
    milliseconds unanswered{50};
    for (;;) {
      Result<T> result = attempt(std::min(deadline, now() + options_.request_timeout));
      if (result || !worth_retrying(result.error().code) || network_.interrupted()) return result;
      milliseconds pause = options_.retry_backoff;
      if (result.error().code == Errc::network_exception) {
        pause = std::max(pause, unanswered);
        unanswered = std::min(2 * unanswered, k_rarest);
      }
      if (now() + pause >= deadline) {
        network_.pause(std::chrono::duration_cast<milliseconds>(deadline - now()));
        return Error{Errc::request_timed_out, timeout_text(result.error())};
      }
      network_.pause(pause);
    }
  }

  // To any broker.
  template <class Request>
  Result<typename Request::Response> call_any(const Request& request, SteadyTime deadline) {
    return retry<typename Request::Response>(deadline, [&](SteadyTime until) {
      const int32_t node = any_node();
      auto answer = network_.call(node, request, until);
      if (!answer) avoid(node);
      return answer;
    });
  }
  // To one broker.
  template <class Request>
  Result<typename Request::Response> call_node(int32_t node, const Request& request,
                                               SteadyTime deadline) {
    return retry<typename Request::Response>(
        deadline, [&](SteadyTime until) { return network_.call(node, request, until); });
  }
  // To the controller. `verdict` reads the code that would say that it is not, out of the answer.
  template <class Request>
  Result<typename Request::Response> call_controller(
      const Request& request, SteadyTime deadline,
      const std::function<Errc(const typename Request::Response&)>& verdict) {
    using Response = typename Request::Response;
    return retry<Response>(deadline, [&](SteadyTime until) -> Result<Response> {
      auto node = controller(until);
      if (!node) return node.error();
      // The controller answers at the request's own timeout, which begins a little later than ours.
      auto answer = network_.call(*node, request, until + std::chrono::seconds(2));
      if (answer && verdict(*answer) == Errc::not_controller) return Error{Errc::not_controller};
      return answer;
    });
  }
  // To the group's coordinator, likewise.
  template <class Request>
  Result<typename Request::Response> call_coordinator(
      const std::string& group, const Request& request, SteadyTime deadline,
      const std::function<Errc(const typename Request::Response&)>& verdict) {
    using Response = typename Request::Response;
    return retry<Response>(deadline, [&](SteadyTime until) -> Result<Response> {
      auto node = coordinator(group, until);
      if (!node) return node.error();
      auto answer = network_.call(*node, request, until);
      const Errc code = answer ? verdict(*answer) : answer.error().code;
      if (is_coordinator_trouble(code)) {
        forget_coordinator(group);
        return Error{code};
      }
      return answer;
    });
  }

  static bool is_coordinator_trouble(Errc code);

 private:
  explicit Cluster(const ClusterOptions& options);
  static bool worth_retrying(Errc code);
  static std::string timeout_text(const Error& last);

  ClusterOptions options_;
  Network network_;
  size_t bootstrap_count_ = 0;
  size_t turn_ = 0;
  std::map<int32_t, Node> nodes_;
  std::map<std::string, int32_t> coordinators_;
};

// To one broker by its id, which need not be known yet.
template <class Request>
Result<typename Request::Response> call_broker(Cluster& cluster, int32_t node,
                                               const Request& request, SteadyTime deadline) {
  using Response = typename Request::Response;
  return cluster.retry<Response>(deadline, [&](SteadyTime until) -> Result<Response> {
    if (cluster.nodes().count(node) == 0) {
      auto image = cluster.metadata(std::set<std::string>{}, false, until);
      if (!image) return image.error();
      if (image->nodes.count(node) == 0) return Error{Errc::network_exception};
    }
    return cluster.network().call(node, request, until);
  });
}

}  // namespace samsa::tools::client
