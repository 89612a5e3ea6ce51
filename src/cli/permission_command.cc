// midimon permission: what each plugin asks for and may do.
#include "cli/permission_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "grants/book_file.h"
#include "midimon/plugin_id.h"
#include "store/load.h"

namespace midimon::cli {
namespace {

using grants::Entry;
using grants::GrantBook;

// What a plugin says of itself: that of a file, or the one that is installed as `id`. It is read
// once: what is judged is what is asked.
Result<Entry> read_entry(const std::string& id, const std::string& file) {
  RuntimeOptions options = runtime_options(8);
  options.audit = false;  // looking at a plugin is not worth a record
  const auto runtime = Runtime::create(std::move(options));
  if (!runtime) return tl::unexpected(runtime.error());
  const auto loaded = store::load(**runtime, {id, file, true, {}});
  if (!loaded) return tl::unexpected(loaded.error().error);
  const Metadata& metadata = loaded->plugin.metadata();
  return Entry{metadata.name, loaded->signer, metadata.version, false, metadata.capabilities, {}};
}

Result<Entry> entry_of_file(const GrantBook& book, const std::string& path) {
  auto read = read_entry("", path);
  if (!read) return read;
  if (const Entry* known = book.find(read->id, read->signer)) {
    read->grants = known->grants;
    read->answered = known->answered;
  }
  return read;
}

}  // namespace

void add_plugin_choice(CLI::App& command, PluginChoice& choice) {
  command.add_option("PLUGIN", choice.plugin, "The plugin's id, or its file")->required();
  command.add_option("--signer", choice.signer,
                     "Which one, where several have this id: the beginning of its signer, as "
                     "`midimon permission list` shows it");
}

Result<Entry> choose_entry(const GrantBook& book, const PluginChoice& choice) {
  if (is_file(choice.plugin)) return entry_of_file(book, choice.plugin);
  std::vector<const Entry*> all = book.find_all(choice.plugin);
  std::erase_if(
      all, [&](const Entry* entry) { return !entry->signer.text().starts_with(choice.signer); });
  if (all.size() == 1) return *all.front();
  if (all.empty() && choice.signer.empty() && is_plugin_id(choice.plugin)) {
    auto installed = read_entry(choice.plugin, "");
    if (installed || installed.error().code != ErrorCode::not_found) return installed;
  }
  if (all.empty()) {
    return fail(ErrorCode::not_found,
                fmt::format("No plugin \"{}\"{} is known. Install it, run it once, or give its "
                            "file.",
                            escape_line(choice.plugin.substr(0, 64)),
                            choice.signer.empty() ? "" : " by this signer"));
  }
  std::string signers;
  for (const Entry* entry : all)
    signers += fmt::format("\n  --signer {}   version {}", entry->signer.text(), entry->version);
  return fail(ErrorCode::invalid, fmt::format("Several plugins are called {}. Say which one with "
                                              "one of these (the beginning will do):{}",
                                              choice.plugin, signers));
}

Result<BookPlaces> find_book() {
  auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  std::string path = grants::book_path(*places);
  return BookPlaces{std::move(*places), std::move(path)};
}

void add_permission(CLI::App& app, int& status) {
  CLI::App* permission = app.add_subcommand(
      "permission", "See and change what plugins may do (docs/permissions.md says what it means)");
  permission->require_subcommand(1);
  add_permission_list(*permission, status);
  add_permission_show(*permission, status);
  add_permission_grant(*permission, status);
  add_permission_revoke(*permission, status);
  add_permission_reset(*permission, status);
}

}  // namespace midimon::cli
