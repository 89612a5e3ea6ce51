// Runs a case of `midimon plugin test`: calls a plugin in a world that answers as the case says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/scratch.h"
#include "cli/test_case.h"
#include "midimon/result.h"

namespace midimon::cli {

// What was not as expected, in sentences; of several steps up to the first that was not. Every case
// has a runtime of its own, and storage that goes with it; only compiled code is shared, by `code`.
// Error: the case could not be run.
Result<std::vector<std::string>> run_case(const TestCase& test, const std::filesystem::path& module,
                                          const ScratchCode& code);

}  // namespace midimon::cli
