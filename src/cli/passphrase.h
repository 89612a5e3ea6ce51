// Asks for the passphrase of a secret key, and for other things that nobody is to see.
#pragma once

#include <string>

#include "midimon/result.h"
#include "trust/secret_bytes.h"

namespace midimon::cli {

// The first line of the file that MIDIMON_KEY_PASSPHRASE_FILE names; if that is not set, what is
// typed at the terminal, without echo. The terminal is as it was afterwards, also when a signal
// ends or stops the program meanwhile. With `twice` it is asked for again, and both must be the
// same. Errors: there is no terminal; nothing was typed; the file may be read by others.
Result<trust::SecretBytes> read_passphrase(const std::string& prompt, bool twice);

// What is typed at the terminal up to the end of the line, without echo; the rest as above.
Result<trust::SecretBytes> read_hidden_line(const std::string& prompt);

}  // namespace midimon::cli
