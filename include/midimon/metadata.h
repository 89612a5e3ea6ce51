// What a plugin says of itself.
#pragma once

#include <optional>
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

// How a user lets the plugin act for them at a service: `midimon plugin login`. The one way there
// is is OAuth 2.0 with PKCE.
struct LoginInfo {
  std::string authorize_url;  // where the user is sent
  std::string token_url;      // where tokens come from; the plugin asks for both on the network
  std::vector<std::string> scopes;
  std::string client_id_setting;  // the setting that holds the client id; empty: none does
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
  std::optional<LoginInfo> login;    // none: it needs no login
};

}  // namespace midimon
