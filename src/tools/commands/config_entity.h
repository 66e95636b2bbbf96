#pragma once
// An entity of /config, as kafka-configs --zookeeper names it: a root (topics, brokers, clients,
// users) and perhaps a user's client.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/commands/configs.h"

namespace samsa::tools {

inline constexpr std::string_view k_default_entity = "<default>";

// Percent-encodes the name of a user or client for a znode, and back.
std::string sanitize(std::string_view name);
std::string desanitize(std::string_view name);

struct ConfigEntity {
  struct Part {
    std::string type;
    // As in the znode's path; nothing: all of that type.
    std::optional<std::string> name;
    // "user-principal 'alice'".
    std::string text() const;
  };
  Part root;
  std::optional<Part> child;

  // Below /config; names must be there: "users/alice/clients/c1".
  std::string path() const;
  // The same without the root's type: "alice/clients/c1".
  std::string full_name() const;
  std::string text() const;
};

// A refusal where an alteration leaves a name open.
Result<ConfigEntity> config_entity(const ConfigEntities& entities, bool alter);

}  // namespace samsa::tools
