// Finds what is well-formed in a profile and still makes no sense: mappings that can never run, or
// twice, and modes that nothing leads to.
#pragma once

#include <string>
#include <vector>

#include "mapping/profile.h"

namespace midimon {

struct Flaw {
  SourcePos pos;
  std::string text;
};

// In the order in which they stand in the file. Takes time that grows with the square of how many
// mappings listen to the same.
[[nodiscard]] std::vector<Flaw> find_flaws(const Profile& profile);

}  // namespace midimon
