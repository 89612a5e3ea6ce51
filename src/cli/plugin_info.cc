// midimon plugin info: what a plugin says of itself, and how it is installed here.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/places.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/permission_command.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "cli/registries.h"
#include "grants/book_file.h"
#include "midimon/plugin.h"
#include "store/load.h"
#include "store/source.h"
#include "store/store.h"
#include "trust/keyring_file.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

json to_json(const Metadata& metadata) {
  json capabilities = json::array();
  for (const Capability& item : metadata.capabilities) {
    capabilities.push_back(
        {{"kind", to_string(item.kind)}, {"allow", item.allow}, {"reason", item.reason}});
  }
  json actions = json::array();
  for (const ActionInfo& item : metadata.actions) {
    json action = {{"id", item.id}, {"label", item.label}, {"description", item.description}};
    if (!item.params_schema_json.empty()) action["params"] = json::parse(item.params_schema_json);
    actions.push_back(std::move(action));
  }
  json all = {{"name", metadata.name},
              {"version", metadata.version},
              {"description", metadata.description},
              {"author", metadata.author},
              {"license", metadata.license},
              {"homepage", metadata.homepage},
              {"type", metadata.type == Metadata::Type::trigger ? "trigger" : "action"},
              {"lifetime", metadata.lifetime == Metadata::Lifetime::session ? "session" : "call"},
              {"capabilities", std::move(capabilities)},
              {"actions", std::move(actions)}};
  if (!metadata.settings_schema_json.empty())
    all["settings"] = json::parse(metadata.settings_schema_json);
  return all;
}

// The names that a schema has, such as "color, brightness".
std::string names_in(const std::string& schema_json) {
  std::vector<std::string> names;
  const json schema = schema_json.empty() ? json() : json::parse(schema_json);
  if (const auto found = schema.find("properties"); found != schema.end() && found->is_object()) {
    for (const auto& [name, property] : found->items())
      names.push_back(escape_line(name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string to_text(const Metadata& metadata) {
  std::string text = fmt::format("{} {}\n", metadata.name, metadata.version);
  const auto line = [&](const char* what, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<12} {}\n", what, value);
  };
  line("description", metadata.description);
  line("author", metadata.author);
  line("license", metadata.license);
  line("homepage", metadata.homepage);
  line("lifetime", metadata.lifetime == Metadata::Lifetime::session ? "session" : "call");
  text += "  asks for     ";
  if (metadata.capabilities.empty()) text += "nothing\n";
  for (std::size_t i = 0; i < metadata.capabilities.size(); ++i) {
    const Capability& item = metadata.capabilities[i];
    text += fmt::format("{}{}{}{}\n", i == 0 ? "" : "               ", to_string(item.kind),
                        item.allow.empty() ? "" : fmt::format(" ({})", fmt::join(item.allow, ", ")),
                        item.reason.empty() ? "" : ": " + item.reason);
  }
  text += "  actions\n";
  for (const ActionInfo& action : metadata.actions) {
    text += fmt::format("    {:<16} {}{}{}\n", action.id, action.label,
                        action.label.empty() || action.description.empty() ? "" : ": ",
                        action.description);
    if (const std::string params = names_in(action.params_schema_json); !params.empty())
      text += fmt::format("    {:<16} with {}\n", "", params);
  }
  line("settings", names_in(metadata.settings_schema_json));
  return text;
}

// How a plugin is installed: all that is known of it besides what it says.
struct Installation {
  trust::Decision decision;
  std::vector<trust::SemVer> versions;
  std::optional<std::string> key_name;  // of its signer, in the keyring
  grants::Entry permissions;            // what it asks for, and may
  std::string data;                     // its directory
};

// A plugin to look at, which is given no capability.
struct Look {
  WasmPlugin plugin;
  std::optional<Installation> installed;  // not of a file
};

Result<Installation> describe(const store::Loaded& loaded, const Places& places) {
  const Metadata& metadata = loaded.plugin.metadata();
  auto versions = store::Store(places).versions(metadata.name);
  if (!versions) return tl::unexpected(versions.error());
  const auto keyring = trust::load_keyring(trust::keyring_path(places));
  if (!keyring) return tl::unexpected(keyring.error());
  const auto book = grants::load_book(grants::book_path(places));
  if (!book) return tl::unexpected(book.error());
  Installation out{
      loaded.decision,
      std::move(*versions),
      {},
      {metadata.name, loaded.signer, metadata.version, false, metadata.capabilities, {}},
      places.plugin_data(metadata.name)};
  if (const grants::Entry* entry = book->find(metadata.name, loaded.signer)) {
    out.permissions.grants = entry->grants;
    out.permissions.answered = entry->answered;
  }
  const trust::KnownKey* key = loaded.decision.key ? keyring->find(*loaded.decision.key) : nullptr;
  if (key != nullptr) out.key_name = key->name;
  return out;
}

store::OrRefusal<Look> look_at_installed(Runtime& runtime, const std::string& id,
                                         const Places& places) {
  auto loaded = store::load(runtime, {id, "", true, {}});
  if (!loaded) return tl::unexpected(loaded.error());
  auto installed = describe(*loaded, places);
  if (!installed) return store::refuse(installed.error());
  return Look{std::move(loaded->plugin), std::move(*installed)};
}

store::OrRefusal<Look> look_at_file(Runtime& runtime, const std::string& path) {
  const auto package = store::read_source(path);
  if (!package) return store::refuse(package.error());
  const store::Suspect suspect(*package, {});
  auto plugin = WasmPlugin::load(runtime, suspect.bytes(), {});
  if (!plugin) return store::refuse({plugin.error().code, path + ": " + plugin.error().message});
  return Look{std::move(*plugin), {}};
}

void add_to(json& out, const Installation& installed) {
  json versions = json::array();
  for (const trust::SemVer& version : installed.versions)
    versions.push_back(version.text());
  const auto& key = installed.decision.key;
  out["verdict"] = to_string(installed.decision.verdict);
  out["versions"] = std::move(versions);
  out["key_id"] = key ? json(to_string(*key)) : json();
  out["key_name"] = installed.key_name ? json(*installed.key_name) : json();
  out["grants"] = cli::to_json(installed.permissions)["grants"];
  out["data"] = installed.data;
}

std::string to_text(const Installation& installed) {
  std::string versions;
  for (const trust::SemVer& version : installed.versions)
    versions += (versions.empty() ? "" : ", ") + version.text();
  std::string text = fmt::format("  {:<12} {}\n", "versions", versions);
  if (installed.key_name) {
    text += fmt::format("  {:<12} \"{}\" ({})\n", "signed by", escape_line(*installed.key_name),
                        to_string(*installed.decision.key));
  }
  text += fmt::format("  {:<12} {}\n", "data", escape_line(installed.data));
  const std::string permissions = cli::to_text(installed.permissions);
  text += permissions.substr(permissions.find('\n') + 1);  // its first line is ours too
  return text +
         (installed.decision.verdict == trust::Verdict::trusted
              ? installed.decision.message
              : "It is not signed: nobody vouches for it, and it runs only where you allow "
                "that.") +
         "\n";
}

// What the registries have for it.
struct Newer {
  std::string registry;                // that has the plugin; empty: none has
  std::optional<std::string> version;  // newer than the one in use
  bool all_read = true;                // every registry could be asked
};

Result<Newer> look_for_newer(const Metadata& metadata, const Places& places) {
  auto registries = Registries::create(places, "");
  if (!registries) return tl::unexpected(registries.error());
  Newer newer;
  for (const Error& error : registries->open()) {
    print_error(error.message);
    newer.all_read = false;
  }
  const auto offer = registries->find(metadata.name);
  if (!offer) return newer;
  if (auto fresh = offer->registry->check_fresh(); !fresh) return tl::unexpected(fresh.error());
  newer.registry = offer->registry->config().name;
  const auto in_use = trust::SemVer::parse(metadata.version);
  const registry::Release* newest = offer->plugin->newest();
  if (newest != nullptr && in_use && newest->version > *in_use) {
    newer.version = newest->version.text();
  }
  return newer;
}

std::string to_text(const Newer& newer, const std::string& id) {
  if (newer.version) {
    return fmt::format("{} has {}. To install it: midimon plugin update {}\n", newer.registry,
                       *newer.version, id);
  }
  return newer.registry.empty() ? "No registry has it.\n"
                                : fmt::format("{} has no newer version.\n", newer.registry);
}

struct Options {
  std::string plugin;
  bool check = false;
  bool json = false;
};

int show(const Look& look, const Options& options, const Places& places) {
  const Metadata& metadata = look.plugin.metadata();
  json out = to_json(metadata);
  std::string text = to_text(metadata);
  if (look.installed) {
    add_to(out, *look.installed);
    text += to_text(*look.installed);
  }
  int status = kOk;
  if (options.check) {
    const auto newer = look_for_newer(metadata, places);
    if (!newer) return report(newer.error());
    if (!newer->all_read) status = kFailed;
    out["registry"] = newer->registry.empty() ? json() : json(newer->registry);
    out["update"] = newer->version ? json(*newer->version) : json();
    text += to_text(*newer, metadata.name);
  }
  if (options.json) {
    print_json(out);
  } else {
    print(text);
  }
  return status;
}

int info(const Options& options) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return report(places.error());
  RuntimeOptions quiet = runtime_options(8);
  quiet.audit = false;  // looking at a plugin is not worth a record
  auto runtime = Runtime::create(std::move(quiet));
  if (!runtime) return report(runtime.error());
  const auto look = is_file(options.plugin) ? look_at_file(**runtime, options.plugin)
                                            : look_at_installed(**runtime, options.plugin, *places);
  if (!look) return report(look.error());
  return show(*look, options, *places);
}

}  // namespace

void add_plugin_info(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "info",
      "Show what a plugin says of itself, its actions and what it asks for; and of one that is "
      "installed its versions, its signer, what it may do and where its data lies.");
  command
      ->add_option("PLUGIN", options->plugin,
                   "The id of an installed plugin, or a .wasm or .midiplug file (a path with a / "
                   "in it is one too)")
      ->required();
  command->add_flag("--check", options->check, "Ask the registries for a newer version as well");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = info(*options); });
}

}  // namespace midimon::cli
