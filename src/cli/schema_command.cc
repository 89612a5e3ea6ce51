// midimon schema: prints the JSON Schema of profiles.
#include <fmt/format.h>

#include "cli/commands.h"
#include "mapping/profile_schema.h"

namespace midimon::cli {

void add_schema(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "schema",
      "Print the JSON Schema of profiles, by which editors complete and check them as you type.\n"
      "  midimon schema > midimon.schema.json, and `#:schema ./midimon.schema.json` as the first "
      "line of a profile.");
  command->callback([&status] {
    fmt::print("{}", profile_schema());
    status = kOk;
  });
}

}  // namespace midimon::cli
