// Secrets in files of midimon's own: one for each plugin, mode 0600, in a directory of mode 0700.
#pragma once

#include <memory>

#include "base/places.h"
#include "secrets/store.h"

namespace midimon::secrets {

// In the directory `secrets` of the state directory. A file is replaced whole; what others could
// read or write, or a link, is refused, and the error says how to mend it.
[[nodiscard]] std::unique_ptr<Store> open_file_store(const Places& places);

}  // namespace midimon::secrets
