// The PluginSecrets class is the secrets of one plugin, as its host functions find them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "hostapi/secret_source.h"
#include "secrets/keeper.h"

namespace midimon::plugins {

// Thread-safe. Answers nobody but the plugin that it is for.
class PluginSecrets final : public hostapi::SecretSource {
 public:
  // `keeper` outlives this.
  PluginSecrets(secrets::Keeper& keeper, secrets::Owner owner)
      : keeper_(keeper), owner_(std::move(owner)) {}

  void use(std::string_view plugin, std::string_view name, Used done) override;
  void read(std::string_view plugin, std::string_view name, Read done) override;
  void store(std::string_view plugin, std::string_view name, std::string_view value,
             Stored done) override;

 private:
  secrets::Keeper& keeper_;
  secrets::Owner owner_;
};

}  // namespace midimon::plugins
