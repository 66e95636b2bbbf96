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

struct OwnException {
  Errc code;
  std::string_view name;
};

// What no broker sends, and what is not among the others in Kafka.
constexpr OwnException k_own_exceptions[] = {
    {k_refused, "java.lang.IllegalArgumentException"},
    {k_bad_pattern, "java.util.regex.PatternSyntaxException"},
    {k_runtime, "java.lang.RuntimeException"},
    {k_command_failed, "kafka.common.AdminCommandFailedException"},
    {k_admin_operation, "kafka.admin.AdminOperationException"},
    {k_no_admin, "org.apache.kafka.common.KafkaException"},
    {k_kafka, "org.apache.kafka.common.KafkaException"},
    {k_negative_size, "java.lang.NegativeArraySizeException"},
    {k_arithmetic, "java.lang.ArithmeticException"},
    {k_serialization, "org.apache.kafka.common.errors.SerializationException"},
    {k_io, "java.io.IOException"},
    {k_no_file, "java.nio.file.NoSuchFileException"},
    {Errc::invalid_record, "org.apache.kafka.common.InvalidRecordException"},
    {k_corrupt_index, "kafka.log.CorruptIndexException"},
    {k_no_element, "java.util.NoSuchElementException"},
    {k_bad_number, "java.lang.NumberFormatException"},
    {k_no_class, "java.lang.ClassNotFoundException"},
    {k_underflow, "java.nio.BufferUnderflowException"},
    {k_json_mapping, "com.fasterxml.jackson.databind.JsonMappingException"},
};

}  // namespace

std::string exception_name(Errc code) {
  for (const OwnException& own : k_own_exceptions) {
    if (own.code == code) return std::string(own.name);
  }
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
