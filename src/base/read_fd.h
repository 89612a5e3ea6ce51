// Reads what is left of an open file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace midimon {

// To its end, or until there is more than `max_bytes`: then the answer is longer than that. Nothing
// if the system says no, and errno says why.
[[nodiscard]] std::optional<std::string> read_to_end(int fd, std::size_t max_bytes);

}  // namespace midimon
