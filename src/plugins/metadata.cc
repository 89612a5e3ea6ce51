#include "plugins/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/bounded_json.h"
#include "base/text.h"
#include "grants/permissions.h"
#include "plugins/json_schema.h"

namespace midimon::plugins {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxText = 4096;     // of one field
constexpr std::size_t kMaxItems = 256;     // of one list
constexpr std::size_t kMaxSchema = 16384;  // of one schema
constexpr std::size_t kMaxScope = 128;     // of one scope of a login

// Reads fields and keeps the first thing that is wrong.
class Reader {
 public:
  void wrong(std::string what) {
    if (problem_.empty()) problem_ = std::move(what);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

  std::string text(const json& object, const char* key, bool required, const std::string& where) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) {
      if (required) wrong(fmt::format("{} has no \"{}\"", where, key));
      return {};
    }
    if (!found->is_string()) {
      wrong(fmt::format("\"{}\" of {} is not a string", key, where));
      return {};
    }
    auto value = found->get<std::string>();
    if (value.size() > kMaxText) {
      wrong(fmt::format("\"{}\" of {} is longer than {} bytes", key, where, kMaxText));
    }
    return escape_line(value);
  }

  // The list `key`; an empty one if there is none.
  json list(const json& object, const char* key, const std::string& where) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return json::array();
    if (!found->is_array()) {
      wrong(fmt::format("\"{}\" of {} is not a list", key, where));
      return json::array();
    }
    if (found->size() > kMaxItems) {
      wrong(fmt::format("\"{}\" of {} has more than {} items", key, where, kMaxItems));
      return json::array();
    }
    return *found;
  }

 private:
  std::string problem_;
};

// "network", or with the first of its narrowings behind a colon.
Capability read_kind(Reader& reader, const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const Result<Capability> kind =
      parse_capability(text.substr(0, std::min<std::size_t>(colon, 64)));
  if (!kind) {
    reader.wrong(kind.error().message);
    return {};
  }
  Capability capability = *kind;
  if (colon < text.size()) capability.allow.push_back(text.substr(colon + 1));
  return capability;
}

Capability read_capability(Reader& reader, const json& item) {
  Capability capability;
  if (item.is_string()) {
    capability = read_kind(reader, item.get<std::string>());
  } else if (item.is_object()) {
    capability = read_kind(reader, reader.text(item, "kind", true, "a capability"));
    capability.reason = reader.text(item, "reason", false, "a capability");
    for (const json& entry : reader.list(item, "allow", "a capability")) {
      if (entry.is_string()) {
        capability.allow.push_back(entry.get<std::string>());
      } else {
        reader.wrong("\"allow\" of a capability holds something that is not a string");
      }
    }
  } else {
    reader.wrong("a capability is neither a string nor an object");
    return capability;
  }
  if (!reader.problem().empty()) return capability;
  grants::Permissions asked;
  if (auto added = asked.add(capability, grants::Side::request); !added) {
    reader.wrong(added.error().message);
    return capability;
  }
  // In the one spelling that there is for each.
  capability.allow = asked.to_capabilities().front().allow;
  return capability;
}

// A JSON Schema, or nothing.
std::string read_schema(Reader& reader, const json& object, const char* key,
                        const std::string& where) {
  const auto schema = object.find(key);
  if (schema == object.end() || schema->is_null()) return {};
  if (!schema->is_object()) {
    reader.wrong(fmt::format("\"{}\" of {} is not a JSON Schema", key, where));
    return {};
  }
  std::string text = schema->dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kMaxSchema) {
    reader.wrong(fmt::format("\"{}\" of {} is larger than {} bytes", key, where, kMaxSchema));
    return {};
  }
  if (const auto compiled = JsonSchema::compile(*schema); !compiled) {
    reader.wrong(
        fmt::format("\"{}\" of {} is not a JSON Schema: {}", key, where, compiled.error().message));
  }
  return text;
}

ActionInfo read_action(Reader& reader, const json& item) {
  ActionInfo action;
  if (!item.is_object()) {
    reader.wrong("an action is not an object");
    return action;
  }
  action.id = reader.text(item, "id", true, "an action");
  const std::string where = "action \"" + action.id + "\"";
  if (action.id.empty()) reader.wrong("an action has an empty \"id\"");
  action.label = reader.text(item, "label", false, where);
  action.description = reader.text(item, "description", false, where);
  action.params_schema_json = read_schema(reader, item, "params", where);
  return action;
}

void read_choices(Reader& reader, const json& object, Metadata& metadata) {
  const std::string type = reader.text(object, "type", false, "the metadata");
  if (type == "trigger") {
    metadata.type = Metadata::Type::trigger;
  } else if (!type.empty() && type != "action") {
    reader.wrong("\"type\" is neither \"action\" nor \"trigger\"");
  }
  const std::string lifetime = reader.text(object, "lifetime", false, "the metadata");
  if (lifetime == "session") {
    metadata.lifetime = Metadata::Lifetime::session;
  } else if (!lifetime.empty() && lifetime != "call") {
    reader.wrong("\"lifetime\" is neither \"call\" nor \"session\"");
  }
}

// A word that may stand in a list of scopes (RFC 6749 3.3).
bool is_scope(const std::string& text) {
  return !text.empty() && text.size() <= kMaxScope &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

// A URL of the login: to a host that the plugin asks for, so that its user sees it.
std::string read_login_url(Reader& reader, const json& login, const char* key,
                           const grants::Permissions& asked) {
  std::string url = reader.text(login, key, true, "\"login\"");
  if (!reader.problem().empty()) return url;
  const auto origin = grants::origin_of(url);
  if (!origin || (origin->scheme != "https" && origin->scheme != "http")) {
    reader.wrong(fmt::format("\"{}\" of \"login\" is no URL of the web", key));
  } else if (url.find('#') != std::string::npos) {
    reader.wrong(fmt::format("\"{}\" of \"login\" has a #", key));
  } else if (!asked.includes(*origin)) {
    reader.wrong(fmt::format("\"{}\" of \"login\" is not among the hosts of its \"network\"", key));
  }
  return url;
}

// After the capabilities.
void read_login(Reader& reader, const json& object, Metadata& metadata) {
  const auto found = object.find("login");
  if (found == object.end() || found->is_null()) return;
  if (!found->is_object()) return reader.wrong("\"login\" is not an object");
  if (reader.text(*found, "kind", true, "\"login\"") != "oauth2-pkce") {
    reader.wrong("\"kind\" of \"login\" is not \"oauth2-pkce\"");
  }
  grants::Permissions asked;
  if (!asked.add(metadata.capabilities, grants::Side::request)) return;  // it was said before
  LoginInfo login;
  login.authorize_url = read_login_url(reader, *found, "authorize_url", asked);
  login.token_url = read_login_url(reader, *found, "token_url", asked);
  login.client_id_setting = reader.text(*found, "client_id_setting", false, "\"login\"");
  for (const json& scope : reader.list(*found, "scopes", "\"login\"")) {
    const std::string text = scope.is_string() ? scope.get<std::string>() : "";
    if (!is_scope(text)) reader.wrong("\"scopes\" of \"login\" holds what is no scope");
    login.scopes.push_back(text);
  }
  metadata.login = std::move(login);
}

void read_actions(Reader& reader, const json& object, Metadata& metadata) {
  std::set<std::string> ids;
  for (const json& item : reader.list(object, "actions", "the metadata")) {
    ActionInfo action = read_action(reader, item);
    if (!ids.insert(action.id).second) {
      reader.wrong(fmt::format("two actions have the id \"{}\"", action.id));
    }
    metadata.actions.push_back(std::move(action));
  }
}

}  // namespace

Result<Metadata> parse_metadata(std::string_view text) {
  const auto refuse = [](const std::string& what) {
    return fail(ErrorCode::invalid,
                "The metadata that `init` returned is wrong: " + what +
                    ". The plugin's author can mend it; docs/abi.md lists the fields.");
  };
  if (text.size() > kMaxMetadataBytes) return refuse("it is longer than 64 KiB");
  const std::optional<json> object = parse_bounded_json(text, kMaxJsonDepth);
  if (!object) {
    return refuse(fmt::format("it is not JSON, or is nested deeper than {}", kMaxJsonDepth));
  }
  if (!object->is_object()) return refuse("it is not a JSON object");

  Reader reader;
  Metadata metadata;
  metadata.name = reader.text(*object, "name", true, "the metadata");
  metadata.version = reader.text(*object, "version", true, "the metadata");
  metadata.description = reader.text(*object, "description", false, "the metadata");
  metadata.author = reader.text(*object, "author", false, "the metadata");
  metadata.license = reader.text(*object, "license", false, "the metadata");
  metadata.homepage = reader.text(*object, "homepage", false, "the metadata");
  if (!is_plugin_id(metadata.name)) {
    reader.wrong(
        fmt::format("\"name\" is \"{}\", which is no id: use a to z and 0 to 9, with . _ - between "
                    "them, at most "
                    "64 characters",
                    metadata.name));
  }
  read_choices(reader, *object, metadata);
  for (const json& item : reader.list(*object, "capabilities", "the metadata")) {
    metadata.capabilities.push_back(read_capability(reader, item));
  }
  read_actions(reader, *object, metadata);
  metadata.settings_schema_json = read_schema(reader, *object, "settings", "the metadata");
  read_login(reader, *object, metadata);
  if (!reader.problem().empty()) return refuse(reader.problem());
  return metadata;
}

}  // namespace midimon::plugins
