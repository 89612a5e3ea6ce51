#include "store/load.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "midimon/plugin_id.h"
#include "plugins/runtime.h"
#include "store/source.h"
#include "store/store.h"
#include "trust/keyring_file.h"

namespace midimon::store {
namespace {

using Version = std::optional<trust::SemVer>;

// Judges the suspect, and loads it if it may be.
OrRefusal<Loaded> judge_and_load(Runtime& runtime, const LoadRequest& request,
                                 const Suspect& suspect, const Version& not_older_than) {
  // Who is not signed and need not be does not depend on whom the user trusts.
  const bool needs_keys = suspect.is_signed() || !request.unsigned_allowed;
  const auto keyring = needs_keys ? trust::load_keyring(trust::keyring_path(runtime.parts().places))
                                  : Result<trust::Keyring>(trust::Keyring());
  if (!keyring) return refuse(keyring.error());
  auto decision = suspect.judge(*keyring, not_older_than, request.unsigned_allowed);
  const auto signer = signer_of(decision, suspect);
  if (!signer) return tl::unexpected(signer.error());
  WasmConfig config = request.config;
  config.expected_id = suspect.is_signed() ? suspect.claim().id : request.id;
  config.expected_version = suspect.claim().version;
  config.signer = signer->text();
  if (request.grants) {
    config.grants = [ask = request.grants, signer = *signer](const Metadata& metadata,
                                                             std::string_view) {
      return ask(metadata, signer);
    };
  }
  auto plugin = WasmPlugin::load(runtime, suspect.bytes(), std::move(config));
  if (!plugin) return refuse(plugin.error());
  return Loaded{std::move(*plugin), std::move(decision), *signer};
}

OrRefusal<Loaded> load_installed(Runtime& runtime, const LoadRequest& request, Claim& claim) {
  const Store store(runtime.parts().places);
  const auto record = store.in_use(request.id);
  if (!record) return refuse(record.error());
  claim.version = record->version->text();
  const auto stored = store.read(request.id, *record->version);
  if (!stored) return refuse(stored.error());
  const Suspect suspect(stored->module, stored->signature, claim);
  return judge_and_load(runtime, request, suspect, record->not_older_than);
}

OrRefusal<Loaded> load_file(Runtime& runtime, const LoadRequest& request, Claim& claim) {
  const auto package = read_source(request.file);
  if (!package) return refuse(package.error());
  const std::string name = std::filesystem::path(request.file).filename().string();
  Suspect suspect(*package, {request.id.empty() ? name : request.id, ""});
  // What the signature is for must be what is expected.
  if (!request.id.empty()) suspect.set_claim({request.id, suspect.claim().version});
  claim = suspect.claim();
  Version not_older_than;
  if (suspect.is_signed() && is_plugin_id(claim.id)) {
    const auto record = Store(runtime.parts().places).record(claim.id);
    if (!record) return refuse(record.error());
    if (*record) not_older_than = (*record)->not_older_than;
  }
  auto loaded = judge_and_load(runtime, request, suspect, not_older_than);
  if (!loaded) {
    Error& error = loaded.error().error;
    error.message = request.file + ": " + error.message;
  }
  return loaded;
}

}  // namespace

OrRefusal<Loaded> load(Runtime& runtime, const LoadRequest& request) {
  Claim claim{request.id, ""};
  auto loaded = request.file.empty() ? load_installed(runtime, request, claim)
                                     : load_file(runtime, request, claim);
  if (!loaded) record(runtime, claim, loaded.error());
  return loaded;
}

}  // namespace midimon::store
