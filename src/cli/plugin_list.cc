// midimon plugin list | verify: what is installed, and whether it is as it was signed.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/places.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/plugin_store.h"
#include "store/manage.h"
#include "store/store.h"
#include "trust/keyring_file.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

// One plugin as `list` shows it, from what is known without reading its module.
Result<json> describe(const store::Store& store, const trust::Keyring& keyring,
                      const std::string& id) {
  const auto record = store.in_use(id);
  if (!record) return tl::unexpected(record.error());
  const auto versions = store.versions(id);
  if (!versions) return tl::unexpected(versions.error());
  json all = json::array();
  for (const trust::SemVer& version : *versions)
    all.push_back(version.text());
  json out = {{"id", id},
              {"version", record->version->text()},
              {"versions", std::move(all)},
              {"signer", nullptr}};
  if (const trust::KnownKey* signer = keyring.signer_of(id)) {
    out["signer"] = {{"key_id", to_string(signer->key.id)},
                     {"name", signer->name},
                     {"revoked", signer->revoked.has_value()}};
  }
  return out;
}

std::string to_text(const json& plugin) {
  std::string others;
  for (const json& version : plugin["versions"]) {
    if (version == plugin["version"]) continue;
    others += (others.empty() ? "; also " : ", ") + version.get<std::string>();
  }
  const json& signer = plugin["signer"];
  const std::string by =
      signer.is_null()
          ? "not signed by a key that is bound to it"
          : fmt::format("signed by \"{}\" ({}){}", escape_line(signer["name"].get<std::string>()),
                        signer["key_id"].get<std::string>(),
                        signer["revoked"].get<bool>() ? ", REVOKED" : "");
  return fmt::format("{} {}  {}{}\n", plugin["id"].get<std::string>(),
                     plugin["version"].get<std::string>(), by, others);
}

int list(bool as_json) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return report(places.error());
  const store::Store store(*places);
  const auto ids = store.ids();
  if (!ids) return report(ids.error());
  const auto keyring = trust::load_keyring(trust::keyring_path(*places));
  if (!keyring) return report(keyring.error());
  json all = json::array();
  int status = kOk;
  for (const std::string& id : *ids) {
    const auto plugin = describe(store, *keyring, id);
    if (!plugin) {
      status = report(plugin.error());
      continue;
    }
    all.push_back(*plugin);
    if (!as_json) print(to_text(*plugin));
  }
  if (as_json) print_json(all);
  if (!as_json && ids->empty()) {
    print("No plugin is installed yet. Add one with `midimon plugin install FILE`.\n");
  }
  return status;
}

json to_json(const store::Verified& found) {
  json out = {{"id", found.id},         {"version", found.version},
              {"in_use", found.in_use}, {"verdict", nullptr},
              {"message", ""},          {"key_id", nullptr}};
  if (found.result) {
    out["verdict"] = to_string(found.result->verdict);
    out["message"] = found.result->message;
    if (found.result->key) out["key_id"] = to_string(*found.result->key);
  } else {
    const auto& verdict = found.result.error().verdict;
    if (verdict) out["verdict"] = to_string(*verdict);
    out["message"] = found.result.error().error.message;
  }
  return out;
}

int verify(const std::string& id, bool as_json) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return report(places.error());
  const auto found = store::verify(*places, id);
  if (!found) return report(found.error());
  json all = json::array();
  int status = kOk;
  for (const store::Verified& version : *found) {
    all.push_back(to_json(version));
    if (!as_json && version.result) {
      print(fmt::format("{}{}\n", version.result->message, version.in_use ? "" : " Not in use."));
    }
    if (version.result) continue;
    if (!as_json) print_error(version.result.error().error.message);
    // The first that is wrong says what the program exits with.
    if (status == kOk) status = exit_status(version.result.error());
  }
  if (as_json) print_json(all);
  return status;
}

}  // namespace

void add_plugin_list(CLI::App& plugin, int& status) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* list_command =
      plugin.add_subcommand("list", "Show the plugins that are installed, and whose they are");
  list_command->add_flag("--json", *as_json, "As one JSON array");
  list_command->callback([=, &status] { status = list(*as_json); });

  auto id = std::make_shared<std::string>();
  auto verify_json = std::make_shared<bool>(false);
  CLI::App* verify_command = plugin.add_subcommand(
      "verify",
      "Check the signatures of all versions that are installed, as each start does of the one in "
      "use.\nExit status: 0 all hold, 2 something is missing, not signed or cannot be read, and "
      "those of "
      "`midimon key verify`, by the first that does not hold: 1, 3 to 7.");
  verify_command->add_option("PLUGIN", *id, "The id of one plugin (default: all)");
  verify_command->add_flag("--json", *verify_json, "As one JSON array");
  verify_command->callback([=, &status] { status = verify(*id, *verify_json); });
}

}  // namespace midimon::cli
