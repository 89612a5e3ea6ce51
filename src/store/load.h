// Loads plugins that may be used, and no others.
#pragma once

#include <functional>
#include <string>

#include "midimon/plugin.h"
#include "store/judge.h"

namespace midimon::store {

// Asked while a plugin is loaded, once it has said what it is and wants, for what it was granted.
// `signer` is who vouches for it, as it was judged.
using AskGrants =
    std::function<Result<GrantAnswer>(const Metadata& metadata, const grants::Signer& signer)>;

struct LoadRequest {
  std::string id;    // which plugin it must be; empty: whichever `file` holds
  std::string file;  // what read_source() takes; empty: the installed plugin
  bool unsigned_allowed = false;
  WasmConfig config;
  AskGrants grants = {};  // besides what `config` grants; may be empty
};

struct Loaded {
  WasmPlugin plugin;
  trust::Decision decision;  // trusted or unsigned_allowed: then say so
  grants::Signer signer;
};

// Reads the module and its signature once, judges these bytes and compiles these bytes. A version
// that is older than one that was in use is refused, wherever it lies. A refusal is put into the
// audit journal.
OrRefusal<Loaded> load(Runtime& runtime, const LoadRequest& request);

}  // namespace midimon::store
