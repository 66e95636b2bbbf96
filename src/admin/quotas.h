#pragma once
// Client quotas in /config/clients and /config/users (KIP-546). Kept for the brokers that enforce
// them; this one does not yet.

#include <optional>
#include <string>
#include <vector>

#include "admin/configs.h"
#include "base/errc.h"

namespace samsa::admin {

// Whom a quota is for. A part that is absent does not matter; one without name is the default.
struct QuotaEntity {
  using Part = std::optional<std::optional<std::string>>;
  Part user, client_id;
  friend bool operator==(const QuotaEntity&, const QuotaEntity&) = default;
};

struct QuotaOp {
  std::string key;
  std::optional<double> value;  // nothing: the quota goes
};

struct QuotaFilter {
  // Absent: any name, the default included.
  struct Component {
    std::optional<std::optional<std::string>> name;
  };
  std::optional<Component> user, client_id;
  bool strict = false;  // entities with a part that is not named here do not count
};

struct Quota {
  QuotaEntity entity;
  std::map<std::string, double> values;
};

// Pure: the settings with the quotas changed, or Kafka's refusal.
Result<config::Properties> with_quotas(config::Properties settings, const QuotaEntity& entity,
                                       const std::vector<QuotaOp>& ops);
bool matches(const QuotaFilter& filter, const QuotaEntity& entity);

runtime::Task<Result<void>> alter_quotas(Configs& configs, QuotaEntity entity,
                                         std::vector<QuotaOp> ops, bool validate_only);
runtime::Task<Result<std::vector<Quota>>> find_quotas(Configs& configs, QuotaFilter filter);

}  // namespace samsa::admin
