// What `midimon plugin install` and `update` share: their options, and the steps of taking a plugin
// into the store while a person may be asked.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "package/package.h"
#include "store/install.h"

namespace midimon::cli {

struct InstallOptions {
  std::string source;
  std::string registry;  // empty: all
  std::string key;       // that the user expects; empty: the one in the package
  bool unsigned_allowed = false;
  bool older = false;
  bool update = false;
  bool json = false;
};

void add_install_options(CLI::App& command, InstallOptions& options);
// The part of the help that both have.
extern const char* const kInstallStatuses;

// What the options say of how to install. Error: the key cannot be read.
Result<store::InstallRequest> to_request(const InstallOptions& options);

// Installs the package, asking about its key if need be.
store::OrRefusal<store::Installed> install_package(Runtime& runtime,
                                                   const package::Package& package,
                                                   const store::InstallRequest& request);
// "echo 1.1.0 is installed in place of 1.0.0. ...", a line.
[[nodiscard]] std::string to_text(const store::Installed& installed);
// Asks what it may do, after all that was printed.
void ask_for_grants(const store::Installed& installed);

// Reads what the options name and installs it. Answers the exit status.
int install(const InstallOptions& options);

}  // namespace midimon::cli
