// The Registries class is the registries of the user's configuration, as the commands look plugins
// up in them: in the order of the configuration, the first that has a plugin is the one it comes
// from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/places.h"
#include "cli/web.h"
#include "midimon/result.h"
#include "package/package.h"
#include "registry/registry.h"
#include "trust/semver.h"

namespace midimon::cli {

// One plugin in one registry. Points into what opened it.
struct Offer {
  const registry::Registry* registry = nullptr;
  const registry::Plugin* plugin = nullptr;

  // The version that is meant, or the newest. Error: not_found, there is none to use.
  [[nodiscard]] Result<const registry::Release*> choose(
      const std::optional<trust::SemVer>& version) const;
};

class Registries {
 public:
  // `only` is the name of the one to use; empty: all. Error: there is none.
  static Result<Registries> create(const Places& places, const std::string& only);

  // Gets the index of each. What cannot be used is left out, and its error is the answer's.
  std::vector<Error> open();
  // Gets one after the other until one has the plugin. Error: not_found; one before it cannot be
  // used, so that nobody can say whether it has it.
  Result<Offer> find_first(const std::string& id);
  // The plugin in what open() opened; nothing if none has it.
  [[nodiscard]] std::optional<Offer> find(const std::string& id) const;
  [[nodiscard]] const std::vector<registry::Registry>& opened() const { return opened_; }

  // Gets a release, and refuses another plugin or version than it is listed as, and all of an
  // index that expired.
  Result<package::Package> read(const Offer& offer, const registry::Release& release);

 private:
  Registries(Places places, std::unique_ptr<Web> web, std::vector<registry::Config> configs)
      : places_(std::move(places)), web_(std::move(web)), configs_(std::move(configs)) {}
  Result<void> open(const registry::Config& config);

  Places places_;
  std::unique_ptr<Web> web_;
  std::vector<registry::Config> configs_;
  std::vector<registry::Registry> opened_;
};

// A plugin as people name it: "ID" or "ID@VERSION". Nothing for any other text.
struct PluginName {
  std::string id;
  std::optional<trust::SemVer> version;
};
[[nodiscard]] std::optional<PluginName> parse_plugin_name(const std::string& given);

}  // namespace midimon::cli
