// The commands of `midimon`, each registered by a function that adds it to the program's parser.
// A command's callback runs it and leaves the exit status in `status`.
#pragma once

#include <CLI/CLI.hpp>

namespace midimon::cli {

// What the program exits with, besides the statuses that exec and plugin run document.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;  // the work was done and something in it failed
inline constexpr int kUsage = 2;   // bad usage, a file that is not there or not right
// Of `key verify` and of what loads plugins: why a good signature is not enough.
inline constexpr int kUnknownKey = 3;
inline constexpr int kRevokedKey = 4;
inline constexpr int kChangedSigner = 5;
inline constexpr int kDowngrade = 6;
inline constexpr int kKeyNotAllowed = 7;
inline constexpr int kTimedOut = 124;
inline constexpr int kOutOfFuel = 125;
inline constexpr int kInterrupted = 130;  // 128 + SIGINT
inline constexpr int kTrapped = 134;      // 128 + SIGABRT

void add_audit(CLI::App& app, int& status);
void add_check(CLI::App& app, int& status);
void add_daemon_commands(CLI::App& app, int& status);
void add_data(CLI::App& app, int& status);
void add_events(CLI::App& app, int& status);
void add_exec(CLI::App& app, int& status);
void add_explain(CLI::App& app, int& status);
void add_init(CLI::App& app, int& status);
void add_key(CLI::App& app, int& status);
void add_learn(CLI::App& app, int& status);
void add_permission(CLI::App& app, int& status);
void add_plugin(CLI::App& app, int& status);
void add_plugin_try(CLI::App& plugin, int& status);
void add_record(CLI::App& app, int& status);
void add_replay(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);
void add_schema(CLI::App& app, int& status);
void add_secret(CLI::App& app, int& status);
void add_simulate(CLI::App& app, int& status);
void add_doctor(CLI::App& app, int& status);

}  // namespace midimon::cli
