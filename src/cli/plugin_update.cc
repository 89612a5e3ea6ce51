// midimon plugin update: puts newer versions in the place of those in use.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/plugin_config.h"
#include "cli/plugin_install.h"
#include "cli/plugin_source.h"
#include "cli/plugin_store.h"
#include "cli/registries.h"
#include "store/store.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

// What became of one plugin.
struct Update {
  enum class Result { updated, current, unlisted, failed };
  Result result = Result::failed;
  std::string id;
  std::string from;
  std::string to;       // empty: no other version
  std::string message;  // a sentence
  int status = kOk;
};

std::string_view to_string(Update::Result result) {
  switch (result) {
    case Update::Result::updated:
      return "updated";
    case Update::Result::current:
      return "current";
    case Update::Result::unlisted:
      return "unlisted";
    case Update::Result::failed:
      return "failed";
  }
  return "failed";
}

// Updates installed plugins from the registries, one after the other.
class Updater {
 public:
  Updater(Registries registries, std::unique_ptr<Runtime> runtime, Places places,
          InstallOptions options)
      : registries_(std::move(registries)),
        runtime_(std::move(runtime)),
        store_(std::move(places)),
        options_(std::move(options)) {}

  // Gets the indexes; says which cannot be used, and answers whether all can.
  bool open();
  [[nodiscard]] Result<std::vector<std::string>> ids() const { return store_.ids(); }
  Update update(const std::string& id);

 private:
  Update install(Update update, const Offer& offer, const registry::Release& release);

  Registries registries_;
  std::unique_ptr<Runtime> runtime_;
  store::Store store_;
  InstallOptions options_;
};

bool Updater::open() {
  const auto errors = registries_.open();
  for (const Error& error : errors)
    print_error(error.message);
  return errors.empty();
}

Update failed(Update update, const store::Refusal& refusal) {
  update.result = Update::Result::failed;
  update.message = refusal.error.message;
  update.status = exit_status(refusal);
  return update;
}

Update Updater::update(const std::string& id) {
  Update update;
  update.id = id;
  const auto record = store_.in_use(id);
  if (!record) return failed(std::move(update), {record.error(), {}});
  update.from = record->version->text();
  const auto offer = registries_.find(id);
  if (!offer) {
    update.result = Update::Result::unlisted;
    update.message = fmt::format("{} {} is in none of the registries.", id, update.from);
    return update;
  }
  if (auto fresh = offer->registry->check_fresh(); !fresh) {
    return failed(std::move(update), {fresh.error(), {}});
  }
  const auto release = offer->choose({});
  if (!release) return failed(std::move(update), {release.error(), {}});
  if ((*release)->version > *record->version) {
    return install(std::move(update), *offer, **release);
  }
  update.result = Update::Result::current;
  update.message = fmt::format("{} {} is up to date.", id, update.from);
  return update;
}

Update Updater::install(Update update, const Offer& offer, const registry::Release& release) {
  const auto package = registries_.read(offer, release);
  if (!package) return failed(std::move(update), {package.error(), {}});
  options_.source = update.id;
  const auto request = to_request(options_);
  if (!request) return failed(std::move(update), {request.error(), {}});
  const auto installed = install_package(*runtime_, *package, *request);
  if (!installed) return failed(std::move(update), installed.error());
  update.result = Update::Result::updated;
  update.to = release.version.text();
  update.message = to_text(*installed);
  update.message.pop_back();
  if (!options_.json) print(update.message + "\n");
  ask_for_grants(*installed);
  return update;
}

Result<Updater> make_updater(const InstallOptions& options) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  auto registries = Registries::create(*places, options.registry);
  if (!registries) return tl::unexpected(registries.error());
  auto runtime = Runtime::create(runtime_options(8));
  if (!runtime) return tl::unexpected(runtime.error());
  return Updater(std::move(*registries), std::move(*runtime), *places, options);
}

// What was not said yet.
void show(const Update& update) {
  if (update.result == Update::Result::failed) {
    print_error(update.message);
  } else if (update.result != Update::Result::updated) {
    print(update.message + "\n");
  }
}

json to_json(const Update& update) {
  return {{"id", update.id},
          {"result", to_string(update.result)},
          {"from", update.from.empty() ? json() : json(update.from)},
          {"to", update.to.empty() ? json() : json(update.to)},
          {"message", update.message}};
}

int update_one(const InstallOptions& options) {
  auto updater = make_updater(options);
  if (!updater) return report(updater.error());
  const bool all_open = updater->open();
  Update update = updater->update(options.source);
  if (update.result == Update::Result::unlisted) {
    update.result = Update::Result::failed;
    update.message += " Look with: midimon plugin search";
    update.status = all_open ? kUsage : kFailed;
  }
  if (options.json) print_json(to_json(update));
  if (!options.json || update.result == Update::Result::failed) show(update);
  return update.status;
}

// How many have the result.
std::ptrdiff_t count(const std::vector<Update>& updates, Update::Result result) {
  return std::count_if(updates.begin(), updates.end(),
                       [&](const Update& update) { return update.result == result; });
}

int update_all(const InstallOptions& options) {
  auto updater = make_updater(options);
  if (!updater) return report(updater.error());
  const auto ids = updater->ids();
  if (!ids) return report(ids.error());
  const bool all_open = updater->open();
  std::vector<Update> updates;
  json all = json::array();
  for (const std::string& id : *ids) {
    updates.push_back(updater->update(id));
    all.push_back(to_json(updates.back()));
    if (!options.json || updates.back().result == Update::Result::failed) show(updates.back());
  }
  const auto not_updated = count(updates, Update::Result::failed);
  if (options.json) {
    print_json(all);
  } else {
    print(fmt::format("{} updated, {} up to date, {} in no registry, {} not updated.\n",
                      count(updates, Update::Result::updated),
                      count(updates, Update::Result::current),
                      count(updates, Update::Result::unlisted), not_updated));
  }
  return all_open && not_updated == 0 ? kOk : kFailed;
}

int update(const InstallOptions& options, bool all) {
  if (all != options.source.empty()) {
    print_error("Give either a plugin to update or --all.");
    return kUsage;
  }
  if (all) return update_all(options);
  const bool listed = !options.registry.empty() || is_listed_name(options.source);
  const bool any_version = options.source.find('@') == std::string::npos;
  return listed && any_version ? update_one(options) : install(options);
}

}  // namespace

void add_plugin_update(CLI::App& plugin, int& status) {
  auto options = std::make_shared<InstallOptions>();
  options->update = true;
  auto all = std::make_shared<bool>(false);
  CLI::App* command = plugin.add_subcommand(
      "update", std::string("Install a newer version of a plugin that is installed.\n"
                            "The one before stays beside it, to go back to. What is asked is what "
                            "`install` asks: an update that wants more runs without it until you "
                            "say yes. With --all: 0 all are up to date, 1 some could not be "
                            "updated.") +
                    kInstallStatuses);
  command->add_option("SOURCE", options->source,
                      "The id of the plugin, for the newest version in the registries, or what "
                      "`install` takes");
  command->add_flag("--all", *all, "Every plugin that is in a registry; goes on after a failure");
  add_install_options(*command, *options);
  command->callback([=, &status] { status = update(*options, *all); });
}

}  // namespace midimon::cli
