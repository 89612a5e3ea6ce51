// The SecretSource class is where the host functions find the secrets that a user stored for a
// plugin.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace midimon::hostapi {

// Thread-safe.
class SecretSource {
 public:
  SecretSource() = default;
  virtual ~SecretSource() = default;
  SecretSource(const SecretSource&) = delete;
  SecretSource& operator=(const SecretSource&) = delete;

  // The secret `name` of `plugin`, to be put into a request on its behalf; the guest never sees it.
  // Who is given it wipes it after use. Nothing if there is none by that name.
  virtual std::optional<std::string> use(std::string_view plugin, std::string_view name) = 0;
};

}  // namespace midimon::hostapi
