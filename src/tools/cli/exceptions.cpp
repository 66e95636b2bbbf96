// The Java exceptions behind the error codes, which some tools print by name.

#include <array>

#include "tools/cli/outcome.h"

namespace samsa::tools::cli {

namespace {

// By code, from 1 on.
constexpr std::array<std::string_view, 96> k_exceptions = {
    "OffsetOutOfRangeException",
    "CorruptRecordException",
    "UnknownTopicOrPartitionException",
    "InvalidFetchSizeException",
    "LeaderNotAvailableException",
    "NotLeaderOrFollowerException",
    "TimeoutException",
    "BrokerNotAvailableException",
    "ReplicaNotAvailableException",
    "RecordTooLargeException",
    "ControllerMovedException",
    "OffsetMetadataTooLarge",
    "NetworkException",
    "CoordinatorLoadInProgressException",
    "CoordinatorNotAvailableException",
    "NotCoordinatorException",
    "InvalidTopicException",
    "RecordBatchTooLargeException",
    "NotEnoughReplicasException",
    "NotEnoughReplicasAfterAppendException",
    "InvalidRequiredAcksException",
    "IllegalGenerationException",
    "InconsistentGroupProtocolException",
    "InvalidGroupIdException",
    "UnknownMemberIdException",
    "InvalidSessionTimeoutException",
    "RebalanceInProgressException",
    "InvalidCommitOffsetSizeException",
    "TopicAuthorizationException",
    "GroupAuthorizationException",
    "ClusterAuthorizationException",
    "InvalidTimestampException",
    "UnsupportedSaslMechanismException",
    "IllegalSaslStateException",
    "UnsupportedVersionException",
    "TopicExistsException",
    "InvalidPartitionsException",
    "InvalidReplicationFactorException",
    "InvalidReplicaAssignmentException",
    "InvalidConfigurationException",
    "NotControllerException",
    "InvalidRequestException",
    "UnsupportedForMessageFormatException",
    "PolicyViolationException",
    "OutOfOrderSequenceException",
    "DuplicateSequenceException",
    "InvalidProducerEpochException",
    "InvalidTxnStateException",
    "InvalidPidMappingException",
    "InvalidTxnTimeoutException",
    "ConcurrentTransactionsException",
    "TransactionCoordinatorFencedException",
    "TransactionalIdAuthorizationException",
    "SecurityDisabledException",
    "OperationNotAttemptedException",
    "KafkaStorageException",
    "LogDirNotFoundException",
    "SaslAuthenticationException",
    "UnknownProducerIdException",
    "ReassignmentInProgressException",
    "DelegationTokenDisabledException",
    "DelegationTokenNotFoundException",
    "DelegationTokenOwnerMismatchException",
    "UnsupportedByAuthenticationException",
    "DelegationTokenAuthorizationException",
    "DelegationTokenExpiredException",
    "InvalidPrincipalTypeException",
    "GroupNotEmptyException",
    "GroupIdNotFoundException",
    "FetchSessionIdNotFoundException",
    "InvalidFetchSessionEpochException",
    "ListenerNotFoundException",
    "TopicDeletionDisabledException",
    "FencedLeaderEpochException",
    "UnknownLeaderEpochException",
    "UnsupportedCompressionTypeException",
    "StaleBrokerEpochException",
    "OffsetNotAvailableException",
    "MemberIdRequiredException",
    "PreferredLeaderNotAvailableException",
    "GroupMaxSizeReachedException",
    "FencedInstanceIdException",
    "EligibleLeadersNotAvailableException",
    "ElectionNotNeededException",
    "NoReassignmentInProgressException",
    "GroupSubscribedToTopicException",
    "InvalidRecordException",
    "UnstableOffsetCommitException",
    "ThrottlingQuotaExceededException",
    "ProducerFencedException",
    "ResourceNotFoundException",
    "DuplicateResourceException",
    "UnacceptableCredentialException",
    "InconsistentVoterSetException",
    "InvalidUpdateVersionException",
    "FeatureUpdateFailedException",
};

}  // namespace

std::string exception_name(Errc code) {
  if (code == k_refused) return "java.lang.IllegalArgumentException";
  const int number = static_cast<int>(code);
  const bool known = number > 0 && number <= static_cast<int>(k_exceptions.size());
  return "org.apache.kafka.common.errors." +
         std::string(known ? k_exceptions[static_cast<size_t>(number - 1)]
                           : std::string_view("UnknownServerException"));
}

std::string exception_text(const Error& error) {
  std::string name = exception_name(error.code);
  std::string text = error.text();
  return text.empty() ? name : name + ": " + text;
}

}  // namespace samsa::tools::cli
