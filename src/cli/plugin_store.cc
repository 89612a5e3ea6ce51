#include "cli/plugin_store.h"

#include <utility>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"

namespace midimon::cli {

bool is_file(const std::string& given) {
  return given.find('/') != std::string::npos || given.ends_with(".wasm") ||
         given.ends_with(".midiplug");
}

store::OrRefusal<WasmPlugin> load_plugin(Runtime& runtime, const store::LoadRequest& request) {
  auto loaded = store::load(runtime, request);
  if (!loaded) return tl::unexpected(loaded.error());
  if (loaded->decision.verdict == trust::Verdict::unsigned_allowed) {
    print_error(loaded->decision.message);
  }
  return std::move(loaded->plugin);
}

int exit_status(const store::Refusal& refusal) {
  return refusal.verdict ? exit_status(*refusal.verdict) : kUsage;
}

int report(const store::Refusal& refusal) {
  print_error(refusal.error.message);
  return exit_status(refusal);
}

}  // namespace midimon::cli
