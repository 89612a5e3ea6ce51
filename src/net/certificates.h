// The certificates of those who may sign for servers, as PEM.
#pragma once

#include <string>

#include "midimon/result.h"

namespace midimon::net {

// Those of the file together with the system's; nothing if `file` is empty, which leaves it to
// libcurl to look for the system's. Error: the file cannot be read or holds none.
Result<std::string> certificates_with(const std::string& file);

// The system's, for who cannot read them later; empty if there are none.
[[nodiscard]] std::string system_certificates();

}  // namespace midimon::net
