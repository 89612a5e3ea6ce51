// A secret of a plugin: whose it is, what it is called, and who may see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grants/host_rule.h"
#include "trust/secret_bytes.h"

namespace midimon::secrets {

inline constexpr std::size_t kMaxSecrets = 64;               // of one owner
inline constexpr std::size_t kMaxSecretBytes = 16UL * 1024;  // of one

// Whose secrets they are: those of a plugin are for its signer, as its grants are. Another signer's
// plugin of the same id has secrets of its own.
struct Owner {
  std::string plugin;  // for which is_plugin_id() holds
  std::string signer;  // grants::Signer::text()
};

enum class Kind : std::uint8_t {
  hidden,    // the user's, to be put into requests on the plugin's behalf; it never sees them
  readable,  // the user's, also for the plugin itself
  own,       // the plugin stored it
};
// As people read it: "hidden", "readable", "own".
[[nodiscard]] std::string_view to_string(Kind kind);

struct Secret {
  trust::SecretBytes value;
  Kind kind = Kind::hidden;
  // Of a hidden one: the only hosts that it is sent to. None: all that the plugin may talk to.
  std::optional<grants::HostRule> only_to = std::nullopt;
};

// A secret without what is secret of it.
struct Listed {
  std::string signer;
  std::string name;
  Kind kind = Kind::hidden;
  std::size_t bytes = 0;
  std::optional<grants::HostRule> only_to = std::nullopt;
};

// Whether a secret can be called that: 1 to 64 of letters, digits, '_', '-' and '.'.
[[nodiscard]] bool is_secret_name(std::string_view name);

}  // namespace midimon::secrets
