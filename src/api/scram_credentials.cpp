// DescribeUserScramCredentials (50) and AlterUserScramCredentials (51): KIP-554. Credentials are
// kept in ZooKeeper for the brokers that offer SASL.

#include <algorithm>
#include <set>

#include "admin/configs.h"
#include "admin/entity_names.h"
#include "api/api_error.h"
#include "api/handlers.h"
#include "api/scram_format.h"
#include "controller/controller.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"

namespace samsa::api {
namespace {

using config::Properties;
using protocol::AlterUserScramCredentialsRequest;
using protocol::AlterUserScramCredentialsResponse;
using protocol::DescribeUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsResponse;
using Described = DescribeUserScramCredentialsResponse::DescribeUserScramCredentialsResult;

// Where Kafka 2.7 does not set a message, it is empty, not null.
constexpr const char* k_no_message = "";
constexpr std::string_view k_name_missing = "Username must not be empty";

// Nothing for a user without credentials.
std::optional<Described> describe(const std::string& user, const Properties& settings) {
  Described result{.user = user};
  result.error_message = k_no_message;
  for (const auto& mechanism : k_scram_mechanisms) {
    const auto credential = settings.find(mechanism.name);
    if (credential == settings.end()) continue;
    const auto iterations = scram_iterations(credential->second);
    if (!iterations) {
      result.error_code = static_cast<int16_t>(Errc::unknown_server_error);
      result.error_message = std::string(default_message(Errc::unknown_server_error));
      result.credential_infos.clear();
      return result;
    }
    result.credential_infos.push_back({mechanism.type, *iterations});
  }
  if (result.credential_infos.empty()) return std::nullopt;
  return result;
}

Described refused(const std::string& user, const Error& error) {
  Described result{.user = user};
  tell(result, error);
  return result;
}

Task<Result<std::vector<Described>>> describe_all(admin::Configs& configs) {
  auto users = co_await configs.list("users");
  if (!users) co_return users.error();
  std::ranges::sort(*users);
  std::vector<Described> results;
  for (const auto& user : *users) {
    auto settings = co_await configs.read("users/" + user);
    if (!settings) co_return settings.error();
    if (auto described = describe(user, *settings)) results.push_back(std::move(*described));
  }
  co_return results;
}

Task<Described> describe_one(admin::Configs& configs, std::string user, bool is_asked_twice) {
  if (user.empty())
    co_return refused(user, {Errc::resource_not_found, std::string(k_name_missing)});
  if (is_asked_twice)
    co_return refused(user,
                      {Errc::duplicate_resource,
                       "Cannot describe SCRAM credentials for the same user twice in a single "
                       "request: " +
                           user});
  auto settings = co_await configs.read("users/" + admin::sanitize(user));
  if (!settings) co_return refused(user, settings.error());
  auto described = describe(user, *settings);
  if (described) co_return std::move(*described);
  co_return refused(user, {Errc::resource_not_found,
                           "Attempt to describe a user credential that does not exist: " + user});
}

// What is wrong with the request by itself, by user. An upsertion's fault wins.
std::map<std::string, Error> illegal_users(const AlterUserScramCredentialsRequest& request) {
  constexpr int32_t k_iterations_max = 16384;
  std::map<std::string, Error> illegal;
  const auto refuse = [&illegal](const std::string& user, Errc code, std::string_view why) {
    illegal.insert_or_assign(user, Error{code, std::string(why)});
  };
  const auto check_name_and_mechanism = [&](const auto& change) {
    if (change.name.empty())
      refuse(change.name, Errc::unacceptable_credential, k_name_missing);
    else if (find_scram_mechanism(change.mechanism) == nullptr)
      refuse(change.name, Errc::unsupported_sasl_mechanism, "Unknown SCRAM mechanism");
    else
      return true;
    return false;
  };
  for (const auto& deletion : request.deletions) check_name_and_mechanism(deletion);
  for (const auto& upsertion : request.upsertions) {
    if (!check_name_and_mechanism(upsertion)) continue;
    if (upsertion.iterations > k_iterations_max)
      refuse(upsertion.name, Errc::unacceptable_credential, "Too many iterations");
    else if (upsertion.iterations < find_scram_mechanism(upsertion.mechanism)->iterations_min)
      refuse(upsertion.name, Errc::unacceptable_credential, "Too few iterations");
  }
  return illegal;
}

// What a request wants of one user. Points into the request.
struct UserChanges {
  std::string user;
  std::vector<const AlterUserScramCredentialsRequest::ScramCredentialUpsertion*> upsertions;
  std::vector<const AlterUserScramCredentialsRequest::ScramCredentialDeletion*> deletions;
};

// In order of the users' first appearance, upsertions first.
std::vector<UserChanges> by_user(const AlterUserScramCredentialsRequest& request) {
  std::vector<UserChanges> users;
  std::map<std::string_view, size_t> places;
  const auto of = [&](const std::string& user) -> UserChanges& {
    const auto [at, is_new] = places.try_emplace(user, users.size());
    if (is_new) users.push_back({.user = user});
    return users[at->second];
  };
  for (const auto& upsertion : request.upsertions)
    of(upsertion.name).upsertions.push_back(&upsertion);
  for (const auto& deletion : request.deletions) of(deletion.name).deletions.push_back(&deletion);
  return users;
}

bool alters_one_credential_twice(const UserChanges& changes) {
  std::set<int8_t> seen;
  bool twice = false;
  const auto look = [&](const auto* change) {
    twice = !seen.insert(change->mechanism).second || twice;
  };
  std::ranges::for_each(changes.upsertions, look);
  std::ranges::for_each(changes.deletions, look);
  return twice;
}

Result<Properties> with_credentials(Properties settings, const UserChanges& changes) {
  for (const auto* deletion : changes.deletions) {
    const auto at = settings.find(find_scram_mechanism(deletion->mechanism)->name);
    if (at == settings.end())
      return Error{Errc::resource_not_found,
                   "Attempt to delete a user credential that does not exist"};
    settings.erase(at);
  }
  for (const auto* upsertion : changes.upsertions) {
    const auto& mechanism = *find_scram_mechanism(upsertion->mechanism);
    settings[std::string(mechanism.name)] = scram_credential(
        mechanism, upsertion->salt, upsertion->salted_password, upsertion->iterations);
  }
  return settings;
}

// The changes outlive the task.
Task<Error> alter_user(admin::Configs& configs, const UserChanges& changes) {
  const std::string entity = "users/" + admin::sanitize(changes.user);
  auto settings = co_await configs.read(entity);
  if (!settings) co_return settings.error();
  auto next = with_credentials(std::move(*settings), changes);
  if (!next) co_return next.error();
  auto changed = co_await configs.change(entity, std::move(*next));
  co_return changed ? Error{Errc::none} : changed.error();
}

}  // namespace

Task<DescribeUserScramCredentialsResponse> describe_user_scram_credentials(
    RequestContext& context, DescribeUserScramCredentialsRequest request) {
  DescribeUserScramCredentialsResponse response;
  auto& configs = context.services.configs;
  if (!request.users || request.users->empty()) {
    auto all = co_await describe_all(configs);
    if (!all) {
      tell(response, all.error());
      co_return response;
    }
    response.error_message = k_no_message;
    response.results = std::move(*all);
    co_return response;
  }
  response.error_message = k_no_message;
  std::map<std::string_view, int> times;
  for (const auto& asked : *request.users) ++times[asked.name];
  std::set<std::string_view> told;
  for (const auto& asked : *request.users) {
    if (!told.insert(asked.name).second) continue;
    auto result = co_await describe_one(configs, asked.name, times[asked.name] > 1);
    response.results.push_back(std::move(result));
  }
  co_return response;
}

Task<AlterUserScramCredentialsResponse> alter_user_scram_credentials(
    RequestContext& context, AlterUserScramCredentialsRequest request) {
  AlterUserScramCredentialsResponse response;
  const auto answer = [&response](const std::string& user, const Error& error) {
    auto& result = response.results.emplace_back();
    result.user = user;
    tell(result, error);
    if (error.code == Errc::none) result.error_message = k_no_message;
  };
  auto users = by_user(request);
  if (!context.services.controller.is_active()) {
    std::ranges::sort(users, {}, &UserChanges::user);
    for (const auto& changes : users) answer(changes.user, Errc::not_controller);
    co_return response;
  }
  const auto illegal = illegal_users(request);
  for (const auto& [user, error] : illegal) answer(user, error);
  for (const auto& changes : users) {
    if (illegal.contains(changes.user)) continue;
    if (alters_one_credential_twice(changes)) {
      answer(changes.user, {Errc::duplicate_resource,
                            "A user credential cannot be altered twice in the same request"});
      continue;
    }
    auto outcome = co_await alter_user(context.services.configs, changes);
    answer(changes.user, outcome);
  }
  co_return response;
}

}  // namespace samsa::api
