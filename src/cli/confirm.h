// Asks the user for a yes or a no.
#pragma once

#include <string>

#include "midimon/result.h"

namespace midimon::cli {

// Shows `question`, which may have several lines and is safe to show, at the terminal, and answers
// whether a line that says "y" or "yes" was typed. Error: not_found, there is no terminal.
Result<bool> confirm(const std::string& question);

}  // namespace midimon::cli
