// open_store() finds out where secrets are kept here.
#pragma once

#include <memory>

#include "base/places.h"
#include "secrets/store.h"

namespace midimon::secrets {

// The user's keyring where there is one, which is found out when it is first needed, and files
// otherwise; with MIDIMON_HOME always files, so that all of it lies in one place. Secrets that were
// stored in files before there was a keyring are found, and removed, there.
[[nodiscard]] std::unique_ptr<Store> open_store(const Places& places);

// The same with a keyring that is known; null: there is none.
[[nodiscard]] std::unique_ptr<Store> open_store(const Places& places,
                                                std::unique_ptr<Store> keyring);

}  // namespace midimon::secrets
