// The Rotation struct is the statement of one key that another one signs a plugin from now on.
//
// It is a file of four lines, signed by the old key as any other file is (NAME.minisig next to it):
//
//   midimon key rotation 1
//   plugin: scene-switch
//   old key: RWQ…
//   new key: RWS…
#pragma once

#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/keyring.h"
#include "trust/public_key.h"

namespace midimon::trust {

struct Rotation {
  std::string plugin;
  PublicKey old_key;
  PublicKey new_key;
};

[[nodiscard]] std::string to_file(const Rotation& rotation);
Result<Rotation> parse_rotation(std::string_view text);

// Checks the statement and its signature, and binds the plugin to the new key, which gets the old
// one's name if it is not known. Errors: the signature is not by the old key; the plugin is not
// bound to the old key; either of the keys is revoked.
Result<Rotation> apply_rotation(Keyring& keyring, std::string_view statement,
                                std::string_view signature, UtcSeconds when);

}  // namespace midimon::trust
