// midimon plugin search: which plugins the registries have.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/plugin_store.h"
#include "cli/registries.h"
#include "store/store.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

struct Options {
  std::vector<std::string> words;
  std::string registry;
  bool json = false;
};

// Whether each of the words is in the id or the description, in small letters or large ones.
bool matches(const registry::Plugin& plugin, const std::vector<std::string>& words) {
  const std::string text = to_lower(plugin.id + "\n" + plugin.description);
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return text.find(to_lower(word)) != std::string::npos;
  });
}

json to_json(const Offer& offer, const store::Store& store) {
  const registry::Release* newest = offer.plugin->newest();
  json versions = json::array();
  for (const registry::Release& release : offer.plugin->releases) {
    versions.push_back({{"version", release.version.text()},
                        {"size", release.size},
                        {"yanked", release.yanked ? json(*release.yanked) : json()}});
  }
  const auto record = store.record(offer.plugin->id);
  const bool installed = record && *record && (*record)->version;
  return {{"id", offer.plugin->id},
          {"version", newest != nullptr ? json(newest->version.text()) : json()},
          {"description", offer.plugin->description},
          {"registry", offer.registry->config().name},
          {"signer", offer.plugin->signer ? json(to_string(*offer.plugin->signer)) : json()},
          {"installed", installed ? json((*record)->version->text()) : json()},
          {"versions", std::move(versions)}};
}

std::string to_text(const json& plugin) {
  const std::string version =
      plugin["version"].is_null() ? "(withdrawn)" : plugin["version"].get<std::string>();
  const std::string installed =
      plugin["installed"].is_null()
          ? ""
          : fmt::format(", {} is installed", plugin["installed"].get<std::string>());
  const auto description = plugin["description"].get<std::string>();
  return fmt::format("{} {}  {}{}({}{})\n", plugin["id"].get<std::string>(), version, description,
                     description.empty() ? "" : " ", plugin["registry"].get<std::string>(),
                     installed);
}

int search(const Options& options) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return report(places.error());
  auto registries = Registries::create(*places, options.registry);
  if (!registries) return report(registries.error());
  const auto errors = registries->open();
  for (const Error& error : errors)
    print_error(error.message);
  const store::Store store(*places);
  json found = json::array();
  for (const registry::Registry& registry : registries->opened()) {
    if (const auto fresh = registry.check_fresh(); !fresh) print_error(fresh.error().message);
    for (const registry::Plugin& plugin : registry.index().plugins) {
      if (!matches(plugin, options.words)) continue;
      found.push_back(to_json({&registry, &plugin}, store));
      if (!options.json) print(to_text(found.back()));
    }
  }
  if (options.json) print_json(found);
  if (!options.json && found.empty()) print("No plugin was found.\n");
  return errors.empty() ? kOk : kFailed;
}

}  // namespace

void add_plugin_search(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "search",
      "Show the plugins of the registries in config.toml, by words in their id or description.\n"
      "Exit status: 0 all registries were looked at, 1 some could not be, 2 there is none.");
  command->add_option("WORD", options->words, "All of these (default: show all plugins)");
  command->add_option("--registry", options->registry, "Look in this registry only");
  command->add_flag("--json", options->json, "As one JSON array");
  command->callback([=, &status] { status = search(*options); });
}

}  // namespace midimon::cli
