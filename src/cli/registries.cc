#include "cli/registries.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "midimon/plugin_id.h"
#include "store/source.h"
#include "toml/problems.h"

namespace midimon::cli {
namespace {

tl::unexpected<Error> no_registry(const Places& places) {
  return fail(ErrorCode::not_found,
              fmt::format("No registry of plugins is known here. Add [[registries]] with its name, "
                          "url and key to {}{}config.toml.",
                          places.config, places.separator));
}

}  // namespace

Result<const registry::Release*> Offer::choose(const std::optional<trust::SemVer>& version) const {
  const registry::Release* found = version ? plugin->find(*version) : plugin->newest();
  if (found != nullptr) return found;
  const auto& releases = plugin->releases;
  if (version && !releases.empty()) {
    return fail(ErrorCode::not_found, fmt::format("{} has no version {} of {}; its newest is {}.",
                                                  registry->config().name, version->text(),
                                                  plugin->id, releases.front().version.text()));
  }
  return fail(ErrorCode::not_found,
              releases.empty()
                  ? fmt::format("{} has no version of {}.", registry->config().name, plugin->id)
                  : fmt::format("All versions of {} in {} were withdrawn: {}. Ask its author.",
                                plugin->id, registry->config().name, *releases.front().yanked));
}

Result<Registries> Registries::create(const Places& places, const std::string& only) {
  auto configs = registry::load_config(places);
  if (!configs) return tl::unexpected(configs.error());
  if (configs->empty()) return no_registry(places);
  if (!only.empty()) {
    std::vector<std::string_view> names;
    for (const registry::Config& config : *configs)
      names.push_back(config.name);
    const std::string meant = hint(only, names);
    std::erase_if(*configs, [&](const registry::Config& config) { return config.name != only; });
    if (configs->empty()) {
      return fail(ErrorCode::not_found,
                  fmt::format("config.toml has no registry {}{}.", in_quotes(only), meant));
    }
  }
  auto web = Web::create(places);
  if (!web) return tl::unexpected(web.error());
  return Registries(places, std::move(*web), std::move(*configs));
}

Result<void> Registries::open(const registry::Config& config) {
  auto opened = registry::Registry::open(config, *web_, places_, trust::now(SystemClock()));
  if (!opened) return tl::unexpected(opened.error());
  opened_.push_back(std::move(*opened));
  return {};
}

std::vector<Error> Registries::open() {
  std::vector<Error> errors;
  for (const registry::Config& config : configs_) {
    if (auto opened = open(config); !opened) errors.push_back(opened.error());
  }
  return errors;
}

Result<Offer> Registries::find_first(const std::string& id) {
  opened_.reserve(configs_.size());  // what an offer points to stays where it is
  for (const registry::Config& config : configs_) {
    if (auto opened = open(config); !opened) return tl::unexpected(opened.error());
    if (const auto offer = find(id)) return *offer;
  }
  return fail(ErrorCode::not_found,
              fmt::format("No registry has the plugin {}. Look with: midimon plugin search", id));
}

std::optional<Offer> Registries::find(const std::string& id) const {
  for (const registry::Registry& registry : opened_) {
    if (const registry::Plugin* plugin = registry.index().find(id)) {
      return Offer{&registry, plugin};
    }
  }
  return std::nullopt;
}

Result<package::Package> Registries::read(const Offer& offer, const registry::Release& release) {
  if (auto fresh = offer.registry->check_fresh(); !fresh) return tl::unexpected(fresh.error());
  auto bytes = offer.registry->download(*offer.plugin, release, *web_);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string name = fmt::format("{} of {}", release.url, offer.registry->config().name);
  auto package = store::read_bytes(std::move(*bytes), name,
                                   [] { return Result<std::optional<std::string>>(); });
  if (!package) return package;
  const auto& manifest = package->manifest();
  const std::string& version = release.version.text();
  if (manifest && manifest->id == offer.plugin->id && manifest->version == version) return package;
  return fail(ErrorCode::denied,
              fmt::format("{} is listed as {} {}, and holds {}. Tell who runs the registry.", name,
                          offer.plugin->id, version,
                          manifest ? manifest->id + " " + escape_line(manifest->version)
                                   : std::string("no package")));
}

std::optional<PluginName> parse_plugin_name(const std::string& given) {
  const std::size_t at = given.find('@');
  PluginName name{given.substr(0, at), {}};
  if (!is_plugin_id(name.id)) return std::nullopt;
  if (at == std::string::npos) return name;
  name.version = trust::SemVer::parse(given.substr(at + 1));
  return name.version ? std::optional(std::move(name)) : std::nullopt;
}

}  // namespace midimon::cli
