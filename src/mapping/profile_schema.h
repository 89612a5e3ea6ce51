// Writes the JSON Schema of profiles, for editors.
#pragma once

#include <string>

namespace midimon {

// The schema, of draft 2020-12, of the tables in profile_keys.h. What only the reader can tell is
// not in it: whether a mode or a plugin is there, a chord has a key, a range is in order.
[[nodiscard]] std::string profile_schema();

}  // namespace midimon
