// midimon key list | trust | revoke: which keys may sign which plugins.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_files.h"
#include "trust/keyring_file.h"
#include "trust/rotation.h"

namespace midimon::cli {
namespace {

using nlohmann::json;
using trust::KnownKey;

// As in trusted_keys.toml: "*" first, then the ids.
std::vector<std::string> plugins_of(const KnownKey& key) {
  std::vector<std::string> all = key.plugins;
  if (key.any_plugin) all.insert(all.begin(), "*");
  return all;
}

json to_json(const KnownKey& key) {
  json out = {{"name", key.name},
              {"key_id", to_string(key.key.id)},
              {"public_key", to_string(key.key)},
              {"trust", to_string(key.origin)},
              {"since", trust::format_utc(key.since)},
              {"plugins", plugins_of(key)},
              {"revoked", nullptr}};
  if (key.revoked) {
    out["revoked"] = {{"when", trust::format_utc(key.revoked->when)},
                      {"reason", key.revoked->reason}};
  }
  return out;
}

std::string to_text(const KnownKey& key) {
  const auto plugins = plugins_of(key);
  std::string text =
      fmt::format("{}  {}\n  {} since {}, signs {}\n  {}\n", to_string(key.key.id),
                  escape_line(key.name), to_string(key.origin), trust::format_utc(key.since),
                  plugins.empty() ? "nothing" : fmt::format("{}", fmt::join(plugins, ", ")),
                  to_string(key.key));
  if (key.revoked) {
    text += fmt::format("  REVOKED at {}: {}\n", trust::format_utc(key.revoked->when),
                        escape_line(key.revoked->reason));
  }
  return text;
}

int list(bool as_json) {
  const auto places = find_key_places();
  if (!places) return report(places.error());
  const auto keyring = trust::load_keyring(places->keyring);
  if (!keyring) return report(keyring.error());
  json all = json::array();
  for (const KnownKey& key : keyring->keys()) {
    all.push_back(to_json(key));
    if (!as_json) print(to_text(key));
  }
  if (as_json) print_json(all);
  if (!as_json && all.empty()) {
    print("No key is trusted yet. Add one with `midimon key trust KEY --plugin ID`.\n");
  }
  return kOk;
}

struct TrustOptions {
  std::string key;
  std::string name;
  std::vector<std::string> plugins;
  std::string rotation;
  bool json = false;
};

// Says what the key may sign now, which may be more than was asked for.
int show(const KnownKey& key, bool as_json) {
  if (as_json) {
    print_json(to_json(key));
  } else {
    print(to_text(key));
  }
  return kOk;
}

Result<KnownKey> trust_rotation(const std::string& keyring_path, const std::string& path) {
  const auto statement = read_small_file(path);
  if (!statement) return tl::unexpected(statement.error());
  const auto signature = read_small_file(path + ".minisig");
  if (!signature) return tl::unexpected(signature.error());
  KnownKey key;
  auto updated = trust::update_keyring(keyring_path, [&](trust::Keyring& keyring) -> Result<void> {
    const auto applied =
        trust::apply_rotation(keyring, *statement, *signature, trust::now(SystemClock()));
    if (!applied) return tl::unexpected(applied.error());
    key = *keyring.find(applied->new_key);
    return {};
  });
  if (!updated) return tl::unexpected(updated.error());
  return key;
}

Result<KnownKey> trust_key(const std::string& keyring_path, const TrustOptions& options) {
  const auto public_key = read_public_key(options.key);
  if (!public_key) return tl::unexpected(public_key.error());
  KnownKey key;
  key.key = *public_key;
  key.name = options.name.empty() ? "key " + to_string(public_key->id) : options.name;
  key.since = trust::now(SystemClock());
  for (const std::string& plugin : options.plugins) {
    if (plugin == "*") {
      key.any_plugin = true;
    } else {
      key.plugins.push_back(plugin);
    }
  }
  auto updated = trust::update_keyring(keyring_path, [&](trust::Keyring& keyring) -> Result<void> {
    if (auto trusted = keyring.trust(key); !trusted) return trusted;
    key = *keyring.find(*public_key);
    return {};
  });
  if (!updated) return tl::unexpected(updated.error());
  return key;
}

int run_trust(const TrustOptions& options) {
  const auto places = find_key_places();
  if (!places) return report(places.error());
  const bool rotate = !options.rotation.empty();
  if (rotate == !options.key.empty()) {
    return report({ErrorCode::invalid, "Give a KEY, or --rotation FILE, and not both."});
  }
  if (!rotate && options.plugins.empty()) {
    return report({ErrorCode::invalid,
                   "Say what the key may sign: --plugin ID, once for each plugin, or --plugin '*' "
                   "for all that no other key has signed."});
  }
  const auto key = rotate ? trust_rotation(places->keyring, options.rotation)
                          : trust_key(places->keyring, options);
  return key ? show(*key, options.json) : report(key.error());
}

struct RevokeOptions {
  std::string key;
  std::string reason;
  bool json = false;
};

// The known key with this id or name.
const KnownKey* find_known(const trust::Keyring& keyring, const std::string& given) {
  if (const auto id = trust::parse_key_id(given)) {
    if (const KnownKey* key = keyring.find(*id)) return key;
  }
  const auto& all = keyring.keys();
  const auto has_name = [&](const KnownKey& key) { return key.name == given; };
  // Two keys may have the same name: then neither is meant.
  if (std::count_if(all.begin(), all.end(), has_name) != 1) return nullptr;
  return &*std::find_if(all.begin(), all.end(), has_name);
}

int revoke(const RevokeOptions& options) {
  const auto places = find_key_places();
  if (!places) return report(places.error());
  KnownKey revoked;
  const auto updated =
      trust::update_keyring(places->keyring, [&](trust::Keyring& keyring) -> Result<void> {
        const KnownKey* known = find_known(keyring, options.key);
        const auto key =
            known != nullptr ? Result<trust::PublicKey>(known->key) : read_public_key(options.key);
        if (!key) {
          return fail(key.error().code,
                      "No key has this id, or this name alone. " + key.error().message);
        }
        auto done = keyring.revoke(*key, "key " + to_string(key->id),
                                   {trust::now(SystemClock()), options.reason});
        if (done) revoked = *keyring.find(*key);
        return done;
      });
  if (!updated) return report(updated.error());
  return show(revoked, options.json);
}

}  // namespace

void add_key_list(CLI::App& key, int& status) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = key.add_subcommand("list", "Show the keys that are trusted or revoked");
  command->add_flag("--json", *as_json, "As one JSON array");
  command->callback([=, &status] { status = list(*as_json); });
}

void add_key_trust(CLI::App& key, int& status) {
  auto options = std::make_shared<TrustOptions>();
  CLI::App* command = key.add_subcommand(
      "trust",
      "Trust a key to sign plugins, from now on.\n"
      "A plugin that is named has this key for its signer and no other, whoever signed it before. "
      "Exit status: 0 trusted, 2 not.");
  command->add_option("KEY", options->key, "A public key (RW...) or the file of one");
  command->add_option("--plugin", options->plugins,
                      "The id of a plugin that it may sign, or '*' for all that no other key has "
                      "signed; may be repeated");
  command->add_option("--name", options->name, "What to call the key");
  command
      ->add_option("--rotation", options->rotation,
                   "Instead of KEY: the statement of a key that is trusted, from `midimon key "
                   "rotate`, which names the next one; FILE.minisig must be next to it")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "What is known of the key as one JSON object");
  command->callback([=, &status] { status = run_trust(*options); });
}

void add_key_revoke(CLI::App& key, int& status) {
  auto options = std::make_shared<RevokeOptions>();
  CLI::App* command = key.add_subcommand(
      "revoke",
      "Trust a key no more, whatever it signed and whenever.\n"
      "It stays known, so that it is not taken for a new one; a plugin of its is used again once "
      "another key is trusted for it. Exit status: 0 revoked, 2 not.");
  command->add_option("KEY", options->key, "The id or name of a known key, or any public key")
      ->required();
  command->add_option("--reason", options->reason, "Why, for whoever reads it later")->required();
  command->add_flag("--json", options->json, "What is known of the key as one JSON object");
  command->callback([=, &status] { status = revoke(*options); });
}

}  // namespace midimon::cli
