// midimon key: the keys that sign plugins, and those that are trusted to.
#include "cli/commands.h"
#include "cli/key_files.h"

namespace midimon::cli {

void add_key(CLI::App& app, int& status) {
  CLI::App* key = app.add_subcommand(
      "key", "Sign plugins, check signatures, and say whose are trusted (minisign's format)");
  key->require_subcommand(1);
  add_key_generate(*key, status);
  add_key_list(*key, status);
  add_key_trust(*key, status);
  add_key_revoke(*key, status);
  add_key_sign(*key, status);
  add_key_rotate(*key, status);
  add_key_verify(*key, status);
}

}  // namespace midimon::cli
