// midimon plugin try: runs a stranger's plugin with everything denied, and says what it wanted.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/key_files.h"
#include "cli/permission_command.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "cli/policy.h"
#include "cli/scratch.h"
#include "grants/book_file.h"
#include "grants/trial.h"
#include "grants/words.h"
#include "midimon/plugin.h"
#include "store/judge.h"
#include "store/source.h"
#include "trust/digest.h"
#include "trust/keyring_file.h"

namespace midimon::cli {
namespace {

using grants::FileRule;
using grants::Permissions;
using grants::Side;
using nlohmann::json;

struct TryOptions {
  std::string module;
  std::string action;
  std::string params = "{}";
  PluginSettings settings;
  bool write_grants = false;
  bool json = false;
};

// Everything that happened.
struct Tried {
  Metadata metadata;
  std::string action;  // empty: the plugin lists none, and was only loaded
  CallResult result;
  grants::Trial trial;
};

// The action that is called: the one that is named, or the first there is.
Result<std::string> choose_action(const Metadata& metadata, const std::string& named) {
  if (named.empty()) return metadata.actions.empty() ? "" : metadata.actions.front().id;
  if (const auto problem = check_action(metadata, named)) return fail(ErrorCode::invalid, *problem);
  return named;
}

Result<void> run_in(const std::filesystem::path& scratch, const TryOptions& options,
                    const store::Suspect& suspect, WasmConfig config, const Params& params,
                    Interrupt& interrupt, Tried& tried) {
  RuntimeOptions runtime_settings = runtime_options(8);
  runtime_settings.home = scratch / "home";
  runtime_settings.audit = false;      // it is seen here, and nowhere else
  runtime_settings.aot_cache = false;  // which would go with the home
  runtime_settings.on_file_event = [&](const FileEvent& event) { tried.trial.see(event); };
  auto runtime = Runtime::create(std::move(runtime_settings));
  if (!runtime) return tl::unexpected(runtime.error());
  config.grants = [&](const Metadata& metadata, std::string_view) {
    auto directories = scratch_directories(metadata, scratch);
    if (!directories) return Result<GrantAnswer>(tl::unexpected(directories.error()));
    return Result<GrantAnswer>(GrantAnswer{{std::move(directories->files)}, {}, {}});
  };
  auto plugin = WasmPlugin::load(**runtime, suspect.bytes(), std::move(config));
  if (!plugin) return fail(plugin.error().code, options.module + ": " + plugin.error().message);
  tried.metadata = plugin->metadata();
  auto action = choose_action(tried.metadata, options.action);
  if (!action) return tl::unexpected(action.error());
  tried.action = *action;
  if (tried.action.empty()) return {};
  const OnInterrupt on_interrupt(interrupt, [&] { (*runtime)->cancel(); });
  // On a thread of its own, because what confines a thread stays.
  std::thread([&] {
    const auto confined = plugin->confine_thread();
    if (confined) {
      tried.result = plugin->execute({tried.action, params, {}, {}, 0});
      return;
    }
    tried.result.outcome = Outcome::denied;
    tried.result.message = confined.error().message;
  }).join();
  return {};  // with the runtime the last events come
}

// What can be written down: all that is needed but directories of the host, which only a person can
// name, and what the policy forbids.
struct Needed {
  std::vector<Capability> grants;
  std::vector<std::string> left;  // for a person, as they would be granted
};

Result<Needed> find_needed(const Tried& tried, const Places& places) {
  Permissions requested;
  if (auto added = requested.add(tried.metadata.capabilities, Side::request); !added) {
    return tl::unexpected(added.error());
  }
  const auto policy = find_ceiling(places, nullptr);
  if (!policy) return tl::unexpected(policy.error());
  Needed needed;
  for (const Capability& wanted : tried.trial.needed(requested)) {
    Capability written{wanted.kind, {}, {}};
    for (const std::string& text : wanted.allow) {
      const auto rule = grants::parse_rule(wanted.kind, text);
      const auto* file = rule ? std::get_if<FileRule>(&*rule) : nullptr;
      const bool is_named = file == nullptr || file->is_exact();
      if (rule && is_named && policy->includes(*rule)) {
        written.allow.push_back(text);
      } else {
        const auto texts = grants::grant_texts({wanted.kind, {text}, {}});
        needed.left.insert(needed.left.end(), texts.begin(), texts.end());
      }
    }
    const bool own = wanted.kind == CapabilityKind::filesystem && tried.trial.used("/") &&
                     policy->has(wanted.kind);
    if (own || !written.allow.empty()) needed.grants.push_back(std::move(written));
  }
  return needed;
}

// Whose the grants are: of whoever signed it, who has to be trusted for it as at a start.
store::OrRefusal<grants::Signer> find_signer(const store::Suspect& suspect,
                                             const Metadata& metadata, const Places& places) {
  const auto keyring = trust::load_keyring(trust::keyring_path(places));
  if (!keyring) return store::refuse(keyring.error());
  if (suspect.is_signed() && suspect.claim().id != metadata.name) {
    return store::refuse(
        {ErrorCode::denied, fmt::format("The signature is not for the plugin {}, so that nothing "
                                        "can be granted to its signer.",
                                        metadata.name)});
  }
  return signer_of(suspect.judge(*keyring, {}, true), suspect);
}

store::OrRefusal<void> write_grants(const Tried& tried, const store::Suspect& suspect,
                                    const Needed& needed, const BookPlaces& places) {
  const Metadata& metadata = tried.metadata;
  const auto judged = find_signer(suspect, metadata, places.places);
  if (!judged) return tl::unexpected(judged.error());
  const grants::Signer& signer = *judged;
  const auto written = grants::update_book(
      places.book, grants::this_boot(), [&](grants::GrantBook& book) -> Result<void> {
        auto noted =
            book.note({metadata.name, signer, metadata.version, false, metadata.capabilities, {}});
        if (!noted) return noted;
        for (const Capability& what : needed.grants) {
          auto granted = book.grant(metadata.name, signer, {what, trust::now(SystemClock()), {}});
          if (!granted) return granted;
        }
        return {};
      });
  if (!written) return store::refuse(written.error());
  return {};
}

std::vector<std::string> texts_of(const std::vector<Capability>& capabilities) {
  std::vector<std::string> out;
  for (const Capability& one : capabilities) {
    const auto texts = grants::grant_texts(one);
    out.insert(out.end(), texts.begin(), texts.end());
  }
  return out;
}

std::string touched_line(const std::string& path, const grants::Touched& touched) {
  std::string line = fmt::format("    {}: ", path);
  bool first = true;
  for (const auto& [event, count] : touched.events) {
    line += (first ? "" : ", ") + event;
    if (count > 1) line += fmt::format(" {} times", count);
    first = false;
  }
  if (touched.bytes_read > 0) line += ", read " + format_bytes(touched.bytes_read);
  if (touched.bytes_written > 0) line += ", wrote " + format_bytes(touched.bytes_written);
  return line + "\n";
}

void add_asks(std::string& text, const Metadata& metadata) {
  text += "  asks for\n";
  for (const Capability& ask : metadata.capabilities) {
    text += fmt::format("    {}{}\n", to_string(ask.kind),
                        ask.reason.empty() ? "" : ": \"" + ask.reason + "\"");
    for (const std::string& line : grants::describe(ask))
      text += fmt::format("      - {}\n", line);
  }
  if (metadata.capabilities.empty()) text += "    nothing\n";
}

void add_what_happened(std::string& text, const Tried& tried) {
  if (tried.action.empty()) {
    text += "  lists no action, so none was called\n";
  } else {
    text += fmt::format("  called {}: {}{}{}\n", tried.action, to_string(tried.result.outcome),
                        tried.result.message.empty() ? "" : ", ", tried.result.message);
  }
  text += "  tried, and was denied\n";
  for (const auto& [what, count] : tried.trial.denied())
    text += fmt::format("    {}{}\n", what, count > 1 ? fmt::format(", {} times", count) : "");
  if (tried.trial.denied().empty()) text += "    nothing\n";
  text += "  touched, in a scratch directory\n";
  for (const auto& [path, touched] : tried.trial.files())
    text += touched_line(path, touched);
  if (tried.trial.files().empty()) text += "    nothing\n";
  if (tried.trial.more_paths() > 0) {
    text += fmt::format("    and more, {} times\n", tried.trial.more_paths());
  }
}

void add_needed(std::string& text, const Tried& tried, const Needed& needed, bool written) {
  const auto texts = texts_of(needed.grants);
  if (texts.empty() && needed.left.empty()) {
    text += "  needed no grant\n";
    return;
  }
  if (!texts.empty()) {
    text += written ? fmt::format("  was granted what this needed: {}\n", fmt::join(texts, ", "))
                    : fmt::format("  This would have been enough (or --write-grants):\n    {}\n",
                                  grants::grant_command(tried.metadata.name, texts));
  }
  if (!needed.left.empty()) {
    text += fmt::format("  Yours to say, where your policy allows it:\n    {}\n",
                        grants::grant_command(tried.metadata.name, needed.left));
  }
}

std::string try_text(const Tried& tried, const store::Suspect& suspect, const Needed& needed,
                     bool written) {
  std::string text = fmt::format("{} {}  sha256 {}\n", tried.metadata.name, tried.metadata.version,
                                 trust::to_hex(suspect.digest().sha256));
  add_asks(text, tried.metadata);
  add_what_happened(text, tried);
  add_needed(text, tried, needed, written);
  return text;
}

json try_json(const Tried& tried, const store::Suspect& suspect, const Needed& needed,
              bool written) {
  json files = json::object();
  for (const auto& [path, touched] : tried.trial.files()) {
    files[path] = {{"events", touched.events},
                   {"bytes_read", touched.bytes_read},
                   {"bytes_written", touched.bytes_written}};
  }
  json asks = json::array();
  for (const Capability& ask : tried.metadata.capabilities) {
    asks.push_back(
        {{"capability", to_string(ask.kind)}, {"allow", ask.allow}, {"reason", ask.reason}});
  }
  return {{"plugin", tried.metadata.name},
          {"version", tried.metadata.version},
          {"sha256", trust::to_hex(suspect.digest().sha256)},
          {"action", tried.action},
          {"outcome", to_string(tried.result.outcome)},
          {"message", tried.result.message},
          {"asks", std::move(asks)},
          {"denied", tried.trial.denied()},
          {"touched", std::move(files)},
          {"needed", texts_of(needed.grants)},
          {"left", needed.left},
          {"written", written}};
}

int try_plugin(const TryOptions& options) {
  const Result<WasmConfig> config = to_config(options.settings);
  const Result<Params> params = Params::from_json(options.params);
  if (!config) return report(config.error());
  if (!params) return report(Error{ErrorCode::invalid, "--params: " + params.error().message});
  const auto places = find_book();
  if (!places) return report(places.error());
  Interrupt interrupt;
  const ScratchDirectory scratch;
  if (scratch.path().empty()) {
    return report(Error{ErrorCode::io,
                        "Cannot make a scratch directory. Set TMPDIR to a directory that "
                        "you may write to."});
  }
  const auto package = store::read_source(options.module);
  if (!package) return report(package.error());
  const store::Suspect suspect(*package, {options.module, ""});
  Tried tried;
  if (auto ran = run_in(scratch.path(), options, suspect, *config, *params, interrupt, tried);
      !ran) {
    return report(ran.error());
  }
  const auto needed = find_needed(tried, places->places);
  if (!needed) return report(needed.error());
  const bool write = options.write_grants && !needed->grants.empty();
  const auto written =
      write ? write_grants(tried, suspect, *needed, *places) : store::OrRefusal<void>();
  const bool granted = write && written.has_value();
  if (options.json) {
    print_json(try_json(tried, suspect, *needed, granted));
  } else {
    print(try_text(tried, suspect, *needed, granted));
  }
  return written ? kOk : report(written.error());
}

}  // namespace

void add_plugin_try(CLI::App& plugin, int& status) {
  auto options = std::make_shared<TryOptions>();
  CLI::App* command = plugin.add_subcommand(
      "try",
      "Run any plugin with everything denied, in a scratch directory, and show what it asked for, "
      "what it tried, and what it would have touched.\n"
      "Exit status: 0 it was tried, whatever it did, 2 it could not be; with --write-grants those "
      "of `midimon key verify` where its signature does not say whose the grants are: 1, 3 to 7.");
  command
      ->add_option("PLUGIN", options->module,
                   "A .wasm or .midiplug file, or a directory as `midimon plugin pack` takes it")
      ->required();
  command->add_option("ACTION", options->action,
                      "The action's id; the first there is, if not given");
  command->add_option("--params", options->params, "A JSON object")->capture_default_str();
  add_limit_settings(*command, options->settings);
  command->add_flag("--write-grants", options->write_grants,
                    "Grant the least that this run would have needed");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = try_plugin(*options); });
}

}  // namespace midimon::cli
