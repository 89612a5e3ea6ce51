// What a plugin says of itself.
#pragma once

#include <string>
#include <vector>

#include "midimon/capability.h"
#include "midimon/plugin_id.h"

namespace midimon {

struct ActionInfo {
  std::string id;
  std::string label;
  std::string description;
  std::string params_schema_json;  // JSON Schema of `params`; empty if the plugin gives none
};

struct Metadata {
  enum class Type { action, trigger };
  // Call: every call starts from a fresh instance. Session: one instance keeps its memory.
  enum class Lifetime { call, session };

  std::string name;  // the plugin's id, for which is_plugin_id() holds
  std::string version;
  std::string description;
  std::string author;
  std::string license;
  std::string homepage;
  Type type = Type::action;
  Lifetime lifetime = Lifetime::call;
  std::vector<Capability> capabilities;  // what it asks for
  std::vector<ActionInfo> actions;
  std::string settings_schema_json;  // JSON Schema of what its user can set; empty if it has none
};

}  // namespace midimon
