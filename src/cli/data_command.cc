// midimon data: what plugins keep in their directories.
#include "cli/commands.h"
#include "cli/data_target.h"

namespace midimon::cli {

void add_data(CLI::App& app, int& status) {
  CLI::App* data = app.add_subcommand(
      "data", "See what plugins keep in their directories; save it, bring it back, delete it");
  data->require_subcommand(1);
  add_data_usage(*data, status);
  add_data_ls(*data, status);
  add_data_export(*data, status);
  add_data_import(*data, status);
  add_data_purge(*data, status);
  add_data_verify(*data, status);
}

}  // namespace midimon::cli
