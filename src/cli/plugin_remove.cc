// midimon plugin rollback | remove: undoes an update or an installation.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "grants/book_file.h"
#include "plugins/runtime.h"
#include "secrets/open_store.h"
#include "store/manage.h"

namespace midimon::cli {
namespace {

struct RollbackOptions {
  std::string id;
  std::optional<std::string> version;
  bool json = false;
};

int roll_back(const RollbackOptions& options) {
  auto runtime = Runtime::create(runtime_options(8));
  if (!runtime) return report(runtime.error());
  const auto version = store::roll_back(**runtime, options.id, options.version);
  if (!version) return report(version.error());
  if (options.json) {
    print_json({{"id", options.id}, {"version", *version}});
  } else {
    print(fmt::format("{} {} is in use.\n", options.id, *version));
  }
  return kOk;
}

struct RemoveOptions {
  std::string id;
  bool keep_data = false;
  bool json = false;
};

// Whoever signed it: installed again, it is asked about again.
Result<void> forget_grants(const Places& places, const std::string& id) {
  const std::string path = grants::book_path(places);
  const auto book = grants::load_book(path);
  if (!book) return tl::unexpected(book.error());
  if (book->find_all(id).empty()) return {};
  return grants::update_book(path, grants::this_boot(), [&](grants::GrantBook& now) {
    now.reset(id);
    return Result<void>();
  });
}

int remove(const RemoveOptions& options) {
  auto runtime = Runtime::create(runtime_options(8));
  if (!runtime) return report(runtime.error());
  const auto removed = store::uninstall(**runtime, options.id, !options.keep_data);
  if (!removed) return report(removed.error());
  if (!options.keep_data) {
    if (const auto forgotten = forget_grants((*runtime)->parts().places, options.id); !forgotten) {
      return report(Error{forgotten.error().code,
                          fmt::format("{} is removed, and what it was granted is still there: {}",
                                      options.id, forgotten.error().message)});
    }
  }
  if (!options.keep_data) {
    const auto store = secrets::open_store((*runtime)->parts().places);
    if (const auto forgotten = store->remove_all(options.id); !forgotten) {
      return report(Error{forgotten.error().code,
                          fmt::format("{} is removed, and its secrets are still in {}: {}",
                                      options.id, store->place(), forgotten.error().message)});
    }
  }
  if (options.json) {
    print_json({{"id", options.id}, {"kept_data", options.keep_data}});
  } else {
    print(fmt::format("{} is removed, {}.\n", options.id,
                      options.keep_data ? "and what it stored, was granted and keeps secret is left"
                                        : "with what it stored, was granted and kept secret"));
  }
  return kOk;
}

}  // namespace

void add_plugin_remove(CLI::App& plugin, int& status) {
  auto rollback = std::make_shared<RollbackOptions>();
  CLI::App* rollback_command = plugin.add_subcommand(
      "rollback",
      "Go back to an older version of a plugin that is still there.\n"
      "From then on versions newer than that one are updates again. Exit status: 0 done, 2 there "
      "is "
      "none, and those of `midimon key verify` where its signature is not enough.");
  rollback_command->add_option("PLUGIN", rollback->id, "The id of the plugin")->required();
  rollback_command->add_option("VERSION", rollback->version,
                               "The version (default: the one before the one in use)");
  rollback_command->add_flag("--json", rollback->json, "As one JSON object");
  rollback_command->callback([=, &status] { status = roll_back(*rollback); });

  auto options = std::make_shared<RemoveOptions>();
  CLI::App* remove_command = plugin.add_subcommand(
      "remove",
      "Remove a plugin with all its versions, what it stored, what it was granted and its "
      "secrets.\n"
      "The key that signs it stays bound to it, and versions older than those that were in use "
      "stay refused. Exit status: 0 removed, 2 not.");
  remove_command->add_option("PLUGIN", options->id, "The id of the plugin")->required();
  remove_command->add_flag("--keep-data", options->keep_data,
                           "Leave what it stored, was granted and keeps secret, for when it is "
                           "installed again");
  remove_command->add_flag("--json", options->json, "As one JSON object");
  remove_command->callback([=, &status] { status = remove(*options); });
}

}  // namespace midimon::cli
