// open_store() finds out where secrets are kept here.
#pragma once

#include <memory>

#include "base/places.h"
#include "secrets/store.h"

namespace midimon::secrets {

[[nodiscard]] std::unique_ptr<Store> open_store(const Places& places);

}  // namespace midimon::secrets
