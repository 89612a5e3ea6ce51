// The SecretSource class is where the host functions find the secrets that a user stored for a
// plugin.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "grants/host_rule.h"
#include "midimon/result.h"
#include "trust/secret_bytes.h"

namespace midimon::hostapi {

// Thread-safe.
class SecretSource {
 public:
  SecretSource() = default;
  virtual ~SecretSource() = default;
  SecretSource(const SecretSource&) = delete;
  SecretSource& operator=(const SecretSource&) = delete;

  // What is put into a request on a plugin's behalf; the guest never sees it.
  struct Usable {
    trust::SecretBytes value;
    std::optional<grants::HostRule> only_to;  // the only hosts that it may be sent to
  };
  // The secret `name` of `plugin`. Nothing if there is none by that name. Each of these calls
  // `done` once, on another thread or before it returns.
  using Used = std::function<void(Result<std::optional<Usable>>)>;
  virtual void use(std::string_view plugin, std::string_view name, Used done) = 0;

  // The secret `name` for the guest itself: of those that the user stored as readable, and those
  // that the plugin did. Nothing if there is no such.
  using Read = std::function<void(Result<std::optional<trust::SecretBytes>>)>;
  virtual void read(std::string_view plugin, std::string_view name, Read done) = 0;
  // Keeps one of the plugin's own. Errors: denied, the user stored one by that name; limit, it has
  // as many as it may; io.
  using Stored = std::function<void(Result<void>)>;
  virtual void store(std::string_view plugin, std::string_view name, std::string_view value,
                     Stored done) = 0;
};

}  // namespace midimon::hostapi
