#pragma once
// What a leader asks of each batch and each record, one by one. Inside the room only.

#include "record/record.h"
#include "record/validate.h"

namespace samsa::record {

// Judges the records of one append and keeps what is wrong with them.
class RecordChecks {
 public:
  // Borrows both for its life.
  RecordChecks(const ValidationRules& rules, const TopicPartition& tp) : rules_(rules), tp_(tp) {}

  // The header of one batch of the append, against the format it is to be written in and the first
  // batch.
  Checked<void> check_batch(BatchView batch, int8_t magic_of_first);
  // Kafka prints records otherwise in sentences where it has not kept their content.
  void describe_as_skimmed(bool skimmed) { skimmed_ = skimmed; }
  // One record. False when it is at fault, which is remembered; fails where Kafka gives up at once.
  Checked<bool> check_record(BatchView batch, const Record& record, int32_t index);
  // Some record was at fault since the last verdict.
  bool found_faults() const { return failed_; }
  // Once a batch has been gone through: the rejection of all records at fault.
  Checked<void> verdict();

  Rejection reject(Errc code, std::string message) const {
    return {{code, std::move(message)}, {}, faults_};
  }
  Rejection reject(Error error) const { return {std::move(error), {}, faults_}; }

 private:
  Checked<void> check_v2_counts(BatchView batch);
  Checked<void> check_client_batch(BatchView batch);
  std::string describe(BatchView batch, const Record& record) const;
  bool check_timestamp(BatchView batch, const Record& record, int32_t index);
  void note(int32_t index, std::string message);

  const ValidationRules& rules_;
  const TopicPartition& tp_;
  FaultCounts faults_;
  std::vector<RecordError> errors_;
  bool skimmed_ = false;
  bool failed_ = false;
  bool invalid_timestamp_ = false;
};

}  // namespace samsa::record
