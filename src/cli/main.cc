// midimon: the program. Every command is in a file of its own; see commands.h.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "cli/commands.h"
#include "cli/console.h"

namespace midimon::cli {
namespace {

int run(int argc, char** argv) {
  // A reader that went away is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file size limit of the process

  CLI::App app(
      "A MIDI controller as a macro pad whose actions are sandboxed WebAssembly plugins.\n"
      "Exit status: 0 done, 1 something failed, 2 usage or a file that is missing or wrong, 124 "
      "time "
      "limit, 125 out of fuel, 130 interrupted, 134 a guest was stopped. `exec` also passes on the "
      "guest's own status, and `key verify` has more.",
      "midimon");
  app.set_version_flag("--version", "midimon " MIDIMON_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  int status = kOk;
  add_audit(app, status);
  add_check(app, status);
  add_daemon_commands(app, status);
  add_data(app, status);
  add_events(app, status);
  add_exec(app, status);
  add_explain(app, status);
  add_init(app, status);
  add_key(app, status);
  add_learn(app, status);
  add_permission(app, status);
  add_plugin(app, status);
  add_record(app, status);
  add_replay(app, status);
  add_run(app, status);
  add_schema(app, status);
  add_secret(app, status);
  add_simulate(app, status);
  add_doctor(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    print_error(e.what());
    std::fputs("Try 'midimon --help' or 'midimon COMMAND --help'.\n", stderr);
    return kUsage;
  } catch (const std::exception& e) {
    print_error(e.what());
    return kFailed;
  }
  return status;
}

}  // namespace
}  // namespace midimon::cli

int main(int argc, char** argv) {
  return midimon::cli::run(argc, argv);
}
