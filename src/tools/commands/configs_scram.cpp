#include "tools/commands/configs_scram.h"

#include <algorithm>
#include <iostream>

#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "tools/security/scram_credential.h"

namespace samsa::tools {

namespace {

constexpr std::string_view k_scram_names[] = {"UNKNOWN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

int8_t number_of(std::string_view mechanism) {
  const auto found = std::ranges::find(k_scram_names, mechanism);
  return static_cast<int8_t>(found - std::begin(k_scram_names));
}

}  // namespace

bool is_scram_mechanism(std::string_view config) {
  return std::ranges::count(security::k_scram_mechanisms, config) > 0;
}

Result<void> describe_scram(client::Cluster& cluster, const ConfigEntities& entities) {
  protocol::DescribeUserScramCredentialsRequest request;
  request.users.emplace();
  for (const std::string& name : entities.names) request.users->emplace_back().name = name;
  if (entities.names.empty()) request.users.reset();
  auto response = cluster.call_any(request, cluster.default_deadline());
  if (!response) return response.error();
  for (const auto& user : response->results) {
    if (static_cast<Errc>(user.error_code) == Errc::resource_not_found) continue;
    if (user.error_code != 0) {
      const Errc code = static_cast<Errc>(user.error_code);
      const std::string name = cli::exception_name(code);
      std::cout << "Error retrieving SCRAM credential configs for user-principal '" << user.user
                << "': " << name.substr(name.rfind('.') + 1) << ": "
                << user.error_message.value_or("") << '\n';
      continue;
    }
    std::vector<std::string> infos;
    for (const auto& info : user.credential_infos) {
      const size_t known =
          info.mechanism == 1 || info.mechanism == 2 ? static_cast<size_t>(info.mechanism) : 0;
      infos.push_back(std::string(k_scram_names[known]) +
                      "=iterations=" + std::to_string(info.iterations));
    }
    std::cout << "SCRAM credential configs for user-principal '" << user.user << "' are "
              << join(infos, ", ") << '\n';
  }
  return ok();
}

Result<void> alter_scram(client::Cluster& cluster, const std::string& user,
                         const config::Properties& added, const std::vector<std::string>& deleted) {
  protocol::AlterUserScramCredentialsRequest request;
  for (const std::string& mechanism : deleted) {
    auto& deletion = request.deletions.emplace_back();
    deletion.name = user;
    deletion.mechanism = number_of(mechanism);
  }
  for (const auto& [mechanism, argument] : added) {
    auto wanted =
        security::parse_scram_argument(mechanism, argument, security::ScramKeeper::broker);
    if (!wanted) return wanted.error();
    auto& upsertion = request.upsertions.emplace_back();
    upsertion.name = user;
    upsertion.mechanism = number_of(mechanism);
    upsertion.iterations = wanted->iterations;
    upsertion.salt = security::random_salt();
    upsertion.salted_password =
        security::salted_password(mechanism, wanted->password, upsertion.salt, wanted->iterations);
  }
  using Response = protocol::AlterUserScramCredentialsResponse;
  auto code_of = [](const Response& answer) {
    return answer.results.empty() ? Errc::none : static_cast<Errc>(answer.results[0].error_code);
  };
  auto response = cluster.call_controller(request, cluster.default_deadline(), code_of);
  if (!response) return response.error();
  for (const auto& result : response->results) {
    if (result.error_code == 0) continue;
    return Error{static_cast<Errc>(result.error_code), result.error_message.value_or("")};
  }
  return ok();
}

}  // namespace samsa::tools
