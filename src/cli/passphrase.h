// Asks for the passphrase of a secret key.
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

}  // namespace midimon::cli
