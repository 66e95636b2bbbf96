// What a broker without authorizer, SASL and delegation tokens answers: ACLs (29 to 31), SASL's own
// requests (17, 36) and tokens (38 to 41), as Kafka 2.7 does on a PLAINTEXT listener.

#include "api/api_error.h"
#include "api/handlers.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_delegation_token.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_delegation_token.h"
#include "protocol/messages/expire_delegation_token.h"
#include "protocol/messages/renew_delegation_token.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"

namespace samsa::api {
namespace {

constexpr auto k_illegal_sasl_state = static_cast<int16_t>(Errc::illegal_sasl_state);
// Tokens are for those who have proved who they are.
constexpr auto k_not_allowed = static_cast<int16_t>(Errc::delegation_token_request_not_allowed);
constexpr int64_t k_no_time = -1;

}  // namespace

Task<protocol::SaslHandshakeResponse> sasl_handshake(RequestContext&,
                                                     protocol::SaslHandshakeRequest) {
  protocol::SaslHandshakeResponse response;
  response.error_code = k_illegal_sasl_state;
  co_return response;
}

Task<protocol::SaslAuthenticateResponse> sasl_authenticate(RequestContext&,
                                                           protocol::SaslAuthenticateRequest) {
  protocol::SaslAuthenticateResponse response;
  response.error_code = k_illegal_sasl_state;
  response.error_message = "SaslAuthenticate request received after successful authentication";
  co_return response;
}

Task<protocol::DescribeAclsResponse> describe_acls(RequestContext&, protocol::DescribeAclsRequest) {
  protocol::DescribeAclsResponse response;
  tell(response, {Errc::security_disabled, "No Authorizer is configured on the broker"});
  co_return response;
}

Task<protocol::CreateAclsResponse> create_acls(RequestContext&,
                                               protocol::CreateAclsRequest request) {
  protocol::CreateAclsResponse response;
  for (size_t i = 0; i < request.creations.size(); ++i)
    tell(response.results.emplace_back(),
         {Errc::security_disabled, "No Authorizer is configured on the broker."});
  co_return response;
}

Task<protocol::DeleteAclsResponse> delete_acls(RequestContext&,
                                               protocol::DeleteAclsRequest request) {
  protocol::DeleteAclsResponse response;
  for (size_t i = 0; i < request.filters.size(); ++i)
    tell(response.filter_results.emplace_back(),
         {Errc::security_disabled, "No Authorizer is configured on the broker."});
  co_return response;
}

Task<protocol::CreateDelegationTokenResponse> create_delegation_token(
    RequestContext&, protocol::CreateDelegationTokenRequest) {
  protocol::CreateDelegationTokenResponse response;
  response.error_code = k_not_allowed;
  response.principal_type = "User";
  response.principal_name = "ANONYMOUS";
  response.issue_timestamp_ms = k_no_time;
  response.expiry_timestamp_ms = k_no_time;
  response.max_timestamp_ms = k_no_time;
  co_return response;
}

Task<protocol::RenewDelegationTokenResponse> renew_delegation_token(
    RequestContext&, protocol::RenewDelegationTokenRequest) {
  protocol::RenewDelegationTokenResponse response;
  response.error_code = k_not_allowed;
  response.expiry_timestamp_ms = k_no_time;
  co_return response;
}

Task<protocol::ExpireDelegationTokenResponse> expire_delegation_token(
    RequestContext&, protocol::ExpireDelegationTokenRequest) {
  protocol::ExpireDelegationTokenResponse response;
  response.error_code = k_not_allowed;
  response.expiry_timestamp_ms = k_no_time;
  co_return response;
}

Task<protocol::DescribeDelegationTokenResponse> describe_delegation_token(
    RequestContext&, protocol::DescribeDelegationTokenRequest) {
  protocol::DescribeDelegationTokenResponse response;
  response.error_code = k_not_allowed;
  co_return response;
}

}  // namespace samsa::api
