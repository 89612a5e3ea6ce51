// What the user granted a plugin, for the commands that run one: from grants.toml, under the
// policy, and on the first use from the person at the terminal.
#pragma once

#include <optional>

#include "mapping/profile.h"
#include "midimon/config.h"
#include "midimon/result.h"
#include "trust/public_key.h"

namespace midimon::cli {

// Makes loading with `config` look there, besides what it grants itself; it is complete otherwise.
// `signer` is the key whose signature of the module was checked; none: nobody's. `profile` may be
// null and need not outlive this. Error: the policy cannot be read.
//
// A plugin that `config` grants something, or that was asked about before, is not asked about
// again: what it lacks is said, with the command that allows it.
Result<void> use_grants(WasmConfig& config, const std::optional<trust::KeyId>& signer,
                        const Profile* profile);

}  // namespace midimon::cli
