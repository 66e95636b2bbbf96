// samsa-broker [--version] [--check-config] server.properties [--override key=value]…

#include <glog/logging.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/program_options.hpp>
#include <cstring>
#include <iostream>
#include <thread>

#include "broker/broker.h"
#include "broker/logging.h"
#include "config/properties.h"

namespace {

namespace options = boost::program_options;
using samsa::Result;

constexpr int k_ok = 0, k_failed = 1;

struct Arguments {
  std::string properties_file;
  std::vector<std::string> overrides;
  bool check_config = false;
};

Result<Arguments> parse(int argc, char** argv, options::options_description& visible) {
  visible.add_options()(
      "override", options::value<std::vector<std::string>>()->composing(),
      "Optional property that should override values set in server.properties file")(
      "check-config", "Check the settings, say what is wrong and end")("version",
                                                                       "Print version "
                                                                       "information and exit.")(
      "help", "Print this");
  options::options_description all;
  all.add(visible).add_options()("properties", options::value<std::string>());
  options::positional_options_description positions;
  positions.add("properties", 1);
  options::variables_map given;
  try {
    options::store(
        options::command_line_parser(argc, argv).options(all).positional(positions).run(), given);
  } catch (const options::error& error) {
    return samsa::Error{samsa::Errc::invalid_request, error.what()};
  }
  if (given.contains("help") || (!given.contains("properties") && !given.contains("version"))) {
    std::cout << "USAGE: samsa-broker server.properties [--override property=value]*\n" << visible;
    std::exit(given.contains("help") ? k_ok : k_failed);
  }
  if (given.contains("version")) {
    std::cout << "2.7.0 (Samsa 0.1.0)\n";
    std::exit(k_ok);
  }
  Arguments arguments{.properties_file = given["properties"].as<std::string>(),
                      .check_config = given.contains("check-config")};
  if (given.contains("override"))
    arguments.overrides = given["override"].as<std::vector<std::string>>();
  return arguments;
}

Result<samsa::config::BrokerConfig> load(const Arguments& arguments) {
  auto properties = samsa::config::read_properties(arguments.properties_file);
  if (!properties) return properties.error();
  for (const auto& one : arguments.overrides)
    if (auto applied = samsa::config::apply_override(*properties, one); !applied)
      return applied.error();
  auto config = samsa::config::BrokerConfig::from(*properties);
  if (!config) return config.error();
  // To run on without what these ask for would be less safe than the operator believes.
  std::string refused;
  for (const std::string& setting : config->unsupported())
    refused.append(refused.empty() ? "" : "\n").append(setting);
  if (!refused.empty()) return samsa::Error{samsa::Errc::invalid_config, refused};
  return config;
}

// As many descriptors as the system allows, like a JVM; segments and connections need them.
void raise_descriptor_limit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    LOG(WARNING) << "the limit of open files could not be raised: " << std::strerror(errno);
}

// SIGTERM, SIGINT and SIGHUP, from construction on. One that comes while the broker still starts
// ends the process at once: there is nothing to hand over, and ZooKeeper or a long recovery may
// keep the start waiting for longer than whoever asks is willing to wait.
class StopSignals {
 public:
  StopSignals() {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    taker_ = std::thread([this] { take(); });
  }
  ~StopSignals() { taker_.join(); }

  // The start is over; returns when the broker shall stop.
  void wait() {
    phase_ = Phase::running;
    phase_.notify_one();
    phase_.wait(Phase::running);
  }

 private:
  enum class Phase { starting, running, stopping };

  void take() {
    int received = 0;
    sigwait(&set_, &received);
    LOG(INFO) << "Terminating process due to signal SIG" << sigabbrev_np(received);
    auto expected = Phase::running;
    if (phase_.compare_exchange_strong(expected, Phase::stopping)) return phase_.notify_one();
    LOG(ERROR) << "[KafkaServer] the broker was still starting up; ending without a shutdown";
    google::FlushLogFiles(google::GLOG_INFO);
    std::_Exit(k_failed);
  }

  sigset_t set_{};
  std::atomic<Phase> phase_{Phase::starting};
  std::thread taker_;
};

}  // namespace

int main(int argc, char** argv) {
  options::options_description visible;
  auto arguments = parse(argc, argv, visible);
  if (!arguments) {
    std::cerr << arguments.error().message << '\n' << visible;
    return k_failed;
  }
  samsa::broker::start_logging(argv[0]);
  auto config = load(*arguments);
  if (!config) {
    LOG(ERROR) << "Exiting Kafka due to fatal exception: " << config.error().text();
    return k_failed;
  }
  if (arguments->check_config) {
    for (const auto& warning : config->warnings()) LOG(WARNING) << warning;
    std::cout << "The settings in " << arguments->properties_file << " are usable.\n";
    return k_ok;
  }
  StopSignals stop_signals;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of that write
  raise_descriptor_limit();
  auto broker = samsa::broker::Broker::start(std::move(*config));
  if (!broker) {
    LOG(ERROR) << "[KafkaServer] Fatal error during KafkaServer startup. Prepare to shutdown: "
               << broker.error().text();
    google::FlushLogFiles(google::GLOG_INFO);
    std::_Exit(k_failed);
  }
  stop_signals.wait();
  auto stopped = (*broker)->stop();
  return stopped ? k_ok : k_failed;
}
