// Public keys in minisign's format.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::trust {

// Names a key and no more: whoever makes a key chooses it. It says which key to try.
struct KeyId {
  std::array<unsigned char, 8> bytes{};
  friend bool operator==(const KeyId&, const KeyId&) = default;
};

struct PublicKey {
  KeyId id;
  std::array<unsigned char, 32> ed25519{};
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// 16 digits in upper case, as minisign shows a key id.
[[nodiscard]] std::string to_string(const KeyId& id);
[[nodiscard]] std::optional<KeyId> parse_key_id(std::string_view text);

// The one line that `minisign -P` takes: "RW" and 54 more characters.
[[nodiscard]] std::string to_string(const PublicKey& key);
// The two lines of a .pub file.
[[nodiscard]] std::string to_file(const PublicKey& key);
// Reads either. The error says what is wrong and never repeats the text.
Result<PublicKey> parse_public_key(std::string_view text);

}  // namespace midimon::trust
