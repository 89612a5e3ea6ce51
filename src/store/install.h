// Puts plugins into the store and takes them out again: what is asked, what is checked, and in
// which order.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "midimon/plugin.h"
#include "package/package.h"
#include "store/judge.h"

namespace midimon::store {

// A genuine plugin, signed by a key that is not trusted for it yet.
struct FirstUse {
  Claim claim;
  trust::PublicKey key;
  trust::Decision decision;  // first_use, or not_allowed of a key that is known for other plugins
};

// Asks the user whether the key may sign the plugin from now on. An error, which is what the user
// is told, if not, or if there is nobody to ask.
using AskFirstUse = std::function<Result<void>(const FirstUse&)>;

struct InstallRequest {
  std::string name;                                  // of the source, for errors
  std::optional<trust::PublicKey> offered_key = {};  // rather than the one in the package
  bool unsigned_allowed = false;
  bool older_allowed = false;  // than a version that was in use
  bool update = false;         // only if the plugin is installed, and older
};

struct Installed {
  Metadata metadata;
  std::optional<std::string> replaced;  // the version that was in use before
  trust::Decision decision;
  grants::Signer signer;
};

// Judges the package, asks if need be, checks and compiles the module without running more of it
// than its `init` without any capability, writes it, binds the plugin to its key, and puts it in
// use, in this order. A refusal is put into the audit journal.
OrRefusal<Installed> install(Runtime& runtime, const package::Package& package,
                             const InstallRequest& request, const AskFirstUse& ask);

}  // namespace midimon::store
