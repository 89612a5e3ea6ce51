#include "secrets/open_store.h"

#include "secrets/file_store.h"

namespace midimon::secrets {

std::unique_ptr<Store> open_store(const Places& places) {
  return open_file_store(places);
}

}  // namespace midimon::secrets
