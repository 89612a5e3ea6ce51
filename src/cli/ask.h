// Asks a person on the terminal what a plugin may do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/places.h"
#include "midimon/capability.h"
#include "midimon/metadata.h"

namespace midimon::cli {

// Whether there is a person to ask: both what is typed and what is shown belong to a terminal.
[[nodiscard]] bool can_ask();

struct Answers {
  std::vector<Capability> for_now;
  std::vector<Capability> always;
  bool complete = false;  // every question was answered, with yes or no
};

// Shows each of `wanted` in plain words, with the plugin's reason and what it could do at worst,
// and takes yes for now, yes always or no for it. For a directory the person says which one it is;
// it must be there, and be none of `places`. `signer` is how people call who signed the plugin,
// `for_now` how long now is ("this time").
// Where the answers end, the rest is no.
[[nodiscard]] Answers ask(const Metadata& metadata, const std::string& signer,
                          const std::vector<Capability>& wanted, std::string_view for_now,
                          const Places& places);

}  // namespace midimon::cli
