// midimon plugin index: writes the index of a directory of packages, for who publishes a registry.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "cli/read_file.h"
#include "cli/registries.h"
#include "midimon/plugin.h"
#include "package/archive.h"
#include "registry/index.h"
#include "trust/private_file.h"

namespace midimon::cli {
namespace {

using registry::Index;
using registry::Plugin;
using registry::Release;

struct Options {
  std::string directory;
  std::string name;
  int days = 30;
  std::optional<std::uint64_t> version;
  std::vector<std::pair<std::string, std::string>> yanks;  // ID@VERSION, and why
  bool json = false;
};

tl::unexpected<Error> about(const std::string& path, const Error& error) {
  return fail(error.code, path + ": " + error.message);
}

// As much of it as an index may hold.
std::string short_line(std::string text) {
  if (!is_showable(text)) text = escape_line(text);
  if (text.size() > registry::kMaxDescription) text.resize(registry::kMaxDescription);
  while (!is_utf8(text))
    text.pop_back();
  return text;
}

// Gathers what the packages of a directory say of themselves.
class IndexMaker {
 public:
  IndexMaker(Runtime& runtime, std::filesystem::path directory)
      : runtime_(runtime), directory_(std::move(directory)) {}

  Result<void> add_all();
  Result<void> yank(const std::string& name, const std::string& reason);
  // What was withdrawn before stays so.
  void keep_yanked(const Index& before);
  [[nodiscard]] std::vector<Plugin> plugins() const;

 private:
  Result<void> add(const std::string& file);
  Result<Metadata> ask(const package::Package& package) const;

  Runtime& runtime_;
  std::filesystem::path directory_;
  std::map<std::string, Plugin> plugins_;
};

Result<void> IndexMaker::add_all() {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".midiplug")) names.push_back(name);
  }
  if (error) return trust::cannot("read", directory_.string(), error.value());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (auto added = add(name); !added) {
      return about((directory_ / name).string(), added.error());
    }
  }
  return {};
}

// What the module says, which must be what the package says.
Result<Metadata> IndexMaker::ask(const package::Package& package) const {
  WasmConfig config;
  config.expected_id = package.manifest()->id;
  config.expected_version = package.manifest()->version;
  const std::string& module = package.module();
  const std::span bytes(reinterpret_cast<const std::byte*>(module.data()), module.size());
  const auto plugin = WasmPlugin::load(runtime_, bytes, std::move(config));
  if (!plugin) return tl::unexpected(plugin.error());
  return plugin->metadata();
}

Result<void> IndexMaker::add(const std::string& file) {
  const auto bytes = read_file((directory_ / file).string(), package::kMaxArchiveBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto package =
      package::read_archive({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!package) return tl::unexpected(package.error());
  if (!package->text(package::kSignature)) {
    return fail(ErrorCode::invalid,
                "It is not signed, so that nobody could install it. Run `midimon key sign` before "
                "`midimon plugin pack`.");
  }
  const auto metadata = ask(*package);
  if (!metadata) return tl::unexpected(metadata.error());
  Release release;
  const auto version = trust::SemVer::parse(metadata->version);
  if (!version) return fail(ErrorCode::invalid, "Its version is none such as 1.4.0 (semver.org).");
  release.version = *version;
  release.url = file;
  if (auto checked = registry::check_reference(file); !checked) return checked;
  release.sha256 = trust::digest_of(std::as_bytes(std::span(*bytes))).sha256;
  release.size = bytes->size();

  Plugin& plugin = plugins_[metadata->name];
  plugin.id = metadata->name;
  if (plugin.find(release.version) != nullptr) {
    return fail(ErrorCode::invalid,
                fmt::format("There is another file with {} {}. Leave one in the directory.",
                            plugin.id, version->text()));
  }
  plugin.releases.push_back(std::move(release));
  std::sort(plugin.releases.begin(), plugin.releases.end(),
            [](const Release& a, const Release& b) { return a.version > b.version; });
  if (plugin.releases.front().version != *version) return {};
  plugin.description = short_line(metadata->description);
  const auto signer = trust::parse_public_key(package->text(package::kSigner).value_or(""));
  plugin.signer = signer ? std::optional(*signer) : std::nullopt;
  return {};
}

void IndexMaker::keep_yanked(const Index& before) {
  for (auto& [id, plugin] : plugins_) {
    const Plugin* old = before.find(id);
    for (Release& release : plugin.releases) {
      const Release* same = old == nullptr ? nullptr : old->find(release.version);
      if (same != nullptr) release.yanked = same->yanked;
    }
  }
}

Result<void> IndexMaker::yank(const std::string& name, const std::string& reason) {
  const auto parsed = parse_plugin_name(name);
  if (parsed && parsed->version) {
    const auto plugin = plugins_.find(parsed->id);
    for (std::size_t i = 0; plugin != plugins_.end() && i < plugin->second.releases.size(); ++i) {
      Release& release = plugin->second.releases[i];
      if (release.version != *parsed->version) continue;
      release.yanked = short_line(reason);
      return {};
    }
  }
  return fail(ErrorCode::not_found,
              fmt::format("There is no {} to withdraw. Give ID@VERSION of a package in {}.",
                          escape_line(name), directory_.string()));
}

std::vector<Plugin> IndexMaker::plugins() const {
  std::vector<Plugin> all;
  for (const auto& [id, plugin] : plugins_)
    all.push_back(plugin);
  return all;
}

// The index that is there; nothing if there is none.
Result<std::optional<Index>> read_index(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<Index>();
  const auto bytes = read_file(path, registry::kMaxIndexBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto index = registry::parse_index({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (index) return std::move(*index);
  return fail(index.error().code,
              fmt::format("{} cannot be used: {}. Mend it, or remove it and give --number a number "
                          "above that of the last index that was published.",
                          path, index.error().message));
}

Result<Index> make_index(const Options& options, const std::string& path) {
  const auto before = read_index(path);
  if (!before) return tl::unexpected(before.error());
  RuntimeOptions quiet = runtime_options(8);
  quiet.audit = false;  // looking at a plugin is not worth a record
  auto runtime = Runtime::create(std::move(quiet));
  if (!runtime) return tl::unexpected(runtime.error());
  IndexMaker maker(**runtime, options.directory);
  if (auto added = maker.add_all(); !added) return tl::unexpected(added.error());
  if (*before) maker.keep_yanked(**before);
  for (const auto& [name, reason] : options.yanks) {
    if (auto done = maker.yank(name, reason); !done) return tl::unexpected(done.error());
  }
  Index index;
  index.name = options.name;
  if (index.name.empty()) index.name = *before ? (*before)->name : "plugins";
  index.version = options.version.value_or(*before ? (*before)->version + 1 : 1);
  index.expires = trust::now(SystemClock()) + std::chrono::days(options.days);
  index.plugins = maker.plugins();
  return index;
}

int make(const Options& options) {
  const std::string path =
      (std::filesystem::path(options.directory) / registry::kIndexFile).string();
  const auto index = make_index(options, path);
  if (!index) return report(index.error());
  const std::string text = registry::to_json(*index);
  // What nobody could read must not be published.
  if (const auto readable = registry::parse_index(text); !readable) {
    return report(Error{readable.error().code,
                        fmt::format("The index would not be readable: {}. Nothing was written.",
                                    readable.error().message)});
  }
  const auto written = trust::replace_file(
      path, {reinterpret_cast<const unsigned char*>(text.data()), text.size()}, 0644);
  if (!written) return report(written.error());
  std::size_t releases = 0;
  for (const Plugin& plugin : index->plugins)
    releases += plugin.releases.size();
  if (options.json) {
    print_json({{"file", path},
                {"number", index->version},
                {"expires", trust::format_utc(index->expires)},
                {"plugins", index->plugins.size()},
                {"releases", releases}});
  } else {
    print(
        fmt::format("{}: number {}, {} plugins in {} versions, until {}\nNow sign it: midimon key "
                    "sign {}\n",
                    path, index->version, index->plugins.size(), releases,
                    trust::format_utc(index->expires), path));
  }
  return kOk;
}

}  // namespace

void add_plugin_index(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "index",
      "Write the index of a directory of packages (.midiplug), to be signed and published.\n"
      "Its number is one more than that of the index that is there. Sign it with `midimon key "
      "sign`, then copy the directory to a web server. Exit status: 0 written, 2 not.");
  command->add_option("DIR", options->directory, "The directory")->required();
  command->add_option("--name", options->name,
                      "What the registry calls itself (default: as before, or \"plugins\")");
  command
      ->add_option("--days", options->days,
                   "How long it holds; publish a new one before, also if nothing changed")
      ->check(CLI::Range(1, 366))
      ->capture_default_str();
  command
      ->add_option("--number", options->version,
                   "Another number than the next one, for an index that was lost")
      ->check(CLI::Range(std::uint64_t{1}, registry::kMaxVersion));
  command
      ->add_option("--yank", options->yanks,
                   "Withdraw ID@VERSION for a REASON, and the next time too: nobody is updated to "
                   "it")
      ->type_name("ID@VERSION REASON");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = make(*options); });
}

}  // namespace midimon::cli
