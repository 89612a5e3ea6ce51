// What `midimon doctor` looks at: one Check for each thing that a promise rests on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace midimon::cli {

enum class CheckState : std::uint8_t {
  good,
  note,     // a promise is kept by other means, or something is worth knowing
  problem,  // a promise does not hold here
};

struct Check {
  std::string name;
  CheckState state = CheckState::good;
  std::string saw;
  std::string advice = {};  // what to do about it; empty where there is nothing to do
};

// The kernel, the directories and the engine, as this process would use them.
std::vector<Check> examine_machine();

// Runs a hostile guest in a scratch directory, once for each resolver, and the limits on others.
// Takes about a second.
std::vector<Check> try_sandbox();

}  // namespace midimon::cli
