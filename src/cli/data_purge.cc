// midimon data purge: deletes all that a plugin has stored.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data_target.h"
#include "data/replacement.h"
#include "vfs/disk.h"
#include "vfs/quota.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string id;
  bool yes = false;
};

// How much there is, in words; what cannot be counted can still be deleted.
std::string amount(const DataTarget& target) {
  auto fd = target.open();
  if (!fd) return "nothing";
  const auto directory = vfs::open_disk(std::move(*fd), {true, resolver_kind()});
  const auto used = directory ? vfs::scan_usage(**directory) : err(directory.error());
  return used ? to_text(*used) : "more than can be counted";
}

// Asks on the terminal; everything but "y" or "yes" is a no.
bool is_confirmed(const DataTarget& target) {
  std::fprintf(stderr, "Delete all that %s has stored (%s)? [y/N] ", target.id().c_str(),
               amount(target).c_str());
  std::array<char, 16> line{};
  if (std::fgets(line.data(), line.size(), stdin) == nullptr) return false;
  const std::string_view answer = line.data();
  return answer == "y\n" || answer == "yes\n" || answer == "Y\n";
}

Result<void> purge(const DataTarget& target) {
  const auto parent = target.open_parent(plugins::Missing::refuse);
  if (!parent && parent.error().code == ErrorCode::not_found) return {};
  if (!parent) return tl::unexpected(parent.error());
  const auto lock = target.lock();
  if (!lock) return tl::unexpected(lock.error());
  auto removed = data::remove_directory(parent->get(), target.name(), *make_resolver());
  if (removed) lock->leave({});
  return removed;
}

int run(const Options& options) {
  const auto target = DataTarget::find(options.id);
  if (!target) return report_data(target.error());
  if (!options.yes && ::isatty(STDIN_FILENO) != 1) {
    print_error(
        fmt::format("nothing was deleted, as there is no terminal to ask at. To delete all "
                    "that {0} has stored ({1}) run: midimon data purge {0} --yes",
                    options.id, amount(*target)));
    return kUsage;
  }
  if (!options.yes && !is_confirmed(*target)) {
    print_error("nothing was deleted");
    return kFailed;
  }
  if (const auto purged = purge(*target); !purged) return report_data(purged.error());
  return kOk;
}

}  // namespace

void add_data_purge(CLI::App& data, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand(
      "purge",
      "Delete all that a plugin has stored, after asking.\n"
      "Exit status: 0, 1 the answer was no, 2 usage, in use, no terminal to ask at, or something "
      "cannot be deleted.");
  command->add_option("ID", options->id, "The plugin, or /shared for what plugins share")
      ->required();
  command->add_flag("--yes", options->yes, "Do not ask");
  command->callback([=, &status] { status = run(*options); });
}

}  // namespace midimon::cli
