#include "trust/keyring_toml.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "midimon/plugin_id.h"
#include "toml/toml_table.h"

namespace midimon::trust {
namespace {

constexpr std::string_view kAnyPlugin = "*";

// Reads one [[keys]] after the other. What is said twice in different keys is found here; the
// keyring itself would take the later one to be a change.
class KeyringReader {
 public:
  explicit KeyringReader(Problems& problems) : problems_(problems) {}

  Keyring read(const toml::table& source) {
    TomlTable table(source, "the file", problems_);
    table.integer("format", 1, 1, Need::required);
    for (const toml::table* key : table.tables("keys"))
      read_key(*key);
    table.refuse_other_keys();
    return std::move(keyring_);
  }

 private:
  void read_key(const toml::table& source);
  void add(KnownKey key, const TomlTable& table);
  std::optional<PublicKey> public_key(TomlTable& table);
  std::string label(TomlTable& table, std::string_view key, Need need);
  std::optional<UtcSeconds> time(TomlTable& table, std::string_view key, Need need);
  void read_plugins(TomlTable& table, KnownKey& key);

  Problems& problems_;
  Keyring keyring_;
};

std::optional<PublicKey> KeyringReader::public_key(TomlTable& table) {
  const auto text = table.string("public_key", Need::required, "the line of a .pub file");
  if (!text) return std::nullopt;
  const auto key = parse_public_key(*text);
  const KnownKey* other = key ? keyring_.find(*key) : nullptr;
  if (key && other == nullptr) return *key;
  problems_.add(table.pos("public_key"),
                key ? fmt::format("the key {} is there already, as {}", to_string(key->id),
                                  in_quotes(other->name))
                    : key.error().message);
  return std::nullopt;
}

std::string KeyringReader::label(TomlTable& table, std::string_view key, Need need) {
  const auto text = table.string(key, need);
  if (text && !is_label(*text)) {
    problems_.add(table.pos(key), fmt::format("\"{}\" is too long for one line", key));
  }
  return text.value_or("");
}

std::optional<UtcSeconds> KeyringReader::time(TomlTable& table, std::string_view key, Need need) {
  constexpr std::string_view kExpected = "a time in quotes, such as \"2026-11-25T11:07:00Z\"";
  const toml::node* node = table.find(key, need, kExpected);
  if (node == nullptr) return std::nullopt;
  const auto text = as_line(*node);
  const auto time = text ? parse_utc(*text) : std::nullopt;
  if (!time) table.refuse(key, *node, kExpected);
  return time;
}

void KeyringReader::read_plugins(TomlTable& table, KnownKey& key) {
  const toml::array* plugins = table.array("plugins", Need::required);
  if (plugins == nullptr) return;
  for (const toml::node& node : *plugins) {
    const std::string id = as_line(node).value_or("");
    if (id == kAnyPlugin) {
      key.any_plugin = true;
    } else if (!is_plugin_id(id)) {
      table.refuse("plugins", node, "a list of plugin ids, or of \"*\" for all that no key signed");
    } else if (const KnownKey* other = keyring_.signer_of(id)) {
      problems_.add(pos_of(node), fmt::format("the plugin {} is in the list of {} already, and a "
                                              "plugin has one signer",
                                              in_quotes(id), in_quotes(other->name)));
    } else {
      key.plugins.push_back(id);
    }
  }
}

void KeyringReader::add(KnownKey key, const TomlTable& table) {
  const auto revoked = std::exchange(key.revoked, std::nullopt);
  const PublicKey public_key = key.key;
  const std::string name = key.name;
  auto added = keyring_.trust(std::move(key));
  if (added && revoked) added = keyring_.revoke(public_key, name, *revoked);
  if (!added) problems_.add(table.pos(), added.error().message);
}

void KeyringReader::read_key(const toml::table& source) {
  TomlTable table(source, "a [[keys]]", problems_);
  KnownKey key;
  key.name = label(table, "name", Need::required);
  const auto public_key_read = public_key(table);
  const auto origin = table.string("trust", Need::required);
  const auto parsed = parse_trust_origin(origin.value_or("pinned"));
  if (!parsed) {
    problems_.add(table.pos("trust"),
                  "\"trust\" must be \"pinned\", \"first-use\" or \"rotation\"");
  }
  key.origin = parsed.value_or(TrustOrigin::pinned);
  key.since = time(table, "since", Need::required).value_or(UtcSeconds{});
  read_plugins(table, key);
  const auto revoked = time(table, "revoked", Need::optional);
  const bool is_revoked = source.contains("revoked");
  const std::string reason = label(table, "reason", is_revoked ? Need::required : Need::optional);
  if (!is_revoked && !reason.empty()) {
    problems_.add(table.pos("reason"),
                  "\"reason\" belongs to a key that is revoked: add "
                  "\"revoked\", the time, or take it out");
  }
  if (revoked) key.revoked = Revocation{*revoked, reason};
  table.refuse_other_keys();
  if (!public_key_read || !problems_.empty()) return;
  key.key = *public_key_read;
  add(std::move(key), table);
}

std::string plugin_list(const KnownKey& key) {
  std::string list = key.any_plugin ? json_quote(kAnyPlugin) : "";
  for (const std::string& plugin : key.plugins) {
    if (!list.empty()) list += ", ";
    list += json_quote(plugin);
  }
  return list;
}

}  // namespace

Result<Keyring> parse_keyring(std::string_view text, std::string_view file) {
  if (text.size() > kMaxKeyringBytes) {
    return fail(ErrorCode::limit, fmt::format("{}: a keyring of more than {} is not read", file,
                                              format_bytes(kMaxKeyringBytes)));
  }
  Problems problems;
  const auto source = parse_toml(text, problems);
  if (source) {
    Keyring keyring = KeyringReader(problems).read(*source);
    if (problems.empty()) return keyring;
  }
  return fail(ErrorCode::invalid, problems.lines(file));
}

// What JSON quotes is what TOML quotes, as labels hold no control characters.
std::string to_toml(const Keyring& keyring) {
  std::string out =
      "# The keys that may sign plugins. Written by `midimon key trust` and `midimon key revoke`;\n"
      "# docs/trust.md says what each line means.\n"
      "format = 1\n";
  for (const KnownKey& key : keyring.keys()) {
    out += fmt::format(
        "\n[[keys]]\nname = {}\npublic_key = {}\ntrust = {}\nsince = {}\nplugins = [{}]\n",
        json_quote(key.name), json_quote(to_string(key.key)), json_quote(to_string(key.origin)),
        json_quote(format_utc(key.since)), plugin_list(key));
    if (key.revoked) {
      out += fmt::format("revoked = {}\nreason = {}\n", json_quote(format_utc(key.revoked->when)),
                         json_quote(key.revoked->reason));
    }
  }
  return out;
}

}  // namespace midimon::trust
