// The secrets of plugins in the user's keyring: GNOME Keyring, KWallet or whatever speaks the
// Secret Service over D-Bus.
#pragma once

#include <memory>

#include "midimon/result.h"
#include "secrets/store.h"

namespace midimon::secrets {

// What is in the keyring is the user's to see (seahorse, secret-tool): an item for each secret,
// with the plugin's id, its signer and the name as attributes. Never asks anybody anything: a
// keyring that is locked is an error that says so. Error: not_found, there is no keyring here.
[[nodiscard]] Result<std::unique_ptr<Store>> open_keyring_store();

}  // namespace midimon::secrets
