#include "plugins/plugin_secrets.h"

#include <algorithm>
#include <utility>

namespace midimon::plugins {

using secrets::Kind;
using secrets::Secret;

void PluginSecrets::use(std::string_view plugin, std::string_view name, Used done) {
  if (plugin != owner_.plugin) return done(std::optional<Usable>());
  keeper_.read(owner_, std::string(name),
               [done = std::move(done)](Result<std::optional<Secret>> secret) {
                 if (!secret) return done(tl::unexpected(secret.error()));
                 if (!*secret) return done(std::optional<Usable>());
                 done(Usable{std::move((*secret)->value), std::move((*secret)->only_to)});
               });
}

void PluginSecrets::read(std::string_view plugin, std::string_view name, Read done) {
  if (plugin != owner_.plugin) return done(std::optional<trust::SecretBytes>());
  keeper_.read(owner_, std::string(name),
               [done = std::move(done)](Result<std::optional<Secret>> secret) {
                 if (!secret) return done(tl::unexpected(secret.error()));
                 if (!*secret || (*secret)->kind == Kind::hidden) {
                   return done(std::optional<trust::SecretBytes>());
                 }
                 done(std::optional(std::move((*secret)->value)));
               });
}

void PluginSecrets::store(std::string_view plugin, std::string_view name, std::string_view value,
                          Stored done) {
  if (plugin != owner_.plugin) {
    return done(fail(ErrorCode::denied, "These secrets are another plugin's."));
  }
  Secret secret{trust::SecretBytes(value.size()), Kind::own};
  std::copy(value.begin(), value.end(), secret.value.data());
  keeper_.store(owner_, std::string(name), std::move(secret), std::move(done));
}

}  // namespace midimon::plugins
