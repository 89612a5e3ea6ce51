// What the user granted a plugin, for the commands that run or install one: from grants.toml, under
// the policy, and where it was not asked about before from the person at the terminal.
#pragma once

#include "grants/signer.h"
#include "mapping/profile.h"
#include "midimon/metadata.h"
#include "midimon/result.h"
#include "store/load.h"

namespace midimon::cli {

// Makes `request` look there, besides what its config grants; it is complete otherwise. `profile`
// may be null and need not outlive this. Error: the policy cannot be read.
//
// A plugin that the config grants something, or that was asked about before, is not asked about
// again: what it lacks is said, with the command that allows it.
Result<void> use_grants(store::LoadRequest& request, const Profile* profile);

// Asks the same about a plugin that was just installed, or says what it lacks. "For now" means
// until the machine restarts, as nothing runs yet. Error: the policy or the grants cannot be read
// or written.
Result<void> offer_grants(const Metadata& metadata, const grants::Signer& signer);

}  // namespace midimon::cli
