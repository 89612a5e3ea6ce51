// Runs the cases of a plugin that is being written.
#pragma once

#include <cstddef>
#include <string>

#include "cli/plugin_project.h"
#include "midimon/result.h"

namespace midimon::cli {

// Calls the module that was built last as each case says that has `only` in its name, and prints
// what came of it. It is compiled once, into `code`; all else is made anew for each case. How many
// were not as expected; an error if one could not be run.
Result<std::size_t> run_cases(const Project& project, const std::string& only,
                              const ScratchCode& code);

}  // namespace midimon::cli
