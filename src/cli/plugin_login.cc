// midimon plugin login: lets a plugin act for its user at a service, by the browser.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/places.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/grant_source.h"
#include "cli/interrupt.h"
#include "cli/key_files.h"
#include "cli/load_profile.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "grants/host_rule.h"
#include "grants/permissions.h"
#include "grants/words.h"
#include "login/login.h"
#include "midimon/plugin.h"
#include "net/client.h"
#include "process/spawn.h"
#include "secrets/open_store.h"
#include "store/load.h"
#include "trust/secret_bytes.h"

namespace midimon::cli {
namespace {

using secrets::Kind;
using secrets::Owner;
using secrets::Secret;

struct Options {
  std::string plugin;
  PluginSettings settings;
  std::string client_id;
  std::string profile;
  std::string timeout = "5m";
  std::uint16_t port = 0;
  bool no_browser = false;
  bool unsigned_allowed = false;
};

constexpr std::size_t kMaxClientId = 256;

// The client id of the settings of the plugin in a profile; empty if it is not there.
Result<std::string> client_id_of(const std::string& profile_path, const std::string& id,
                                 const std::string& setting) {
  const auto profile = load_profile(profile_path);
  if (!profile) return tl::unexpected(profile.error());
  const auto entry = profile->plugins.find(id);
  if (entry == profile->plugins.end()) return std::string();
  const auto settings = nlohmann::json::parse(entry->second.settings_json, nullptr, false);
  const auto found = settings.find(setting);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<std::string> find_client_id(const Options& options, const Metadata& metadata) {
  std::string client_id = options.client_id;
  const std::string& setting = metadata.login->client_id_setting;
  if (client_id.empty() && !options.profile.empty() && !setting.empty()) {
    auto of_profile = client_id_of(options.profile, metadata.name, setting);
    if (!of_profile) return of_profile;
    client_id = std::move(*of_profile);
  }
  const bool good =
      std::all_of(client_id.begin(), client_id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!client_id.empty() && client_id.size() <= kMaxClientId && good) return client_id;
  return fail(
      ErrorCode::invalid,
      fmt::format("The service wants to know on whose behalf: register an application there and "
                  "give its client id with --client-id{}.",
                  setting.empty() ? ""
                                  : fmt::format(", or as {} in [plugins.{}.settings] of a profile "
                                                "that -c names",
                                                setting, metadata.name)));
}

// Both URLs have to be where the plugin may go by itself.
Result<login::Service> make_service(const store::Loaded& loaded, std::string client_id) {
  const Metadata& metadata = loaded.plugin.metadata();
  grants::Permissions granted;
  if (auto added = granted.add(loaded.plugin.capabilities(), grants::Side::grant); !added) {
    return tl::unexpected(added.error());
  }
  const LoginInfo& info = *metadata.login;
  for (const std::string& url : {info.authorize_url, info.token_url}) {
    const auto origin = grants::origin_of(url);
    if (!origin) return tl::unexpected(origin.error());
    if (granted.includes(*origin)) continue;
    return fail(ErrorCode::denied,
                fmt::format("{} was not granted {}, which its login leads to. To allow it: "
                            "midimon permission grant {} network",
                            metadata.name, grants::to_grant(*origin), metadata.name));
  }
  auto authorize = net::Url::parse(info.authorize_url);
  auto token = net::Url::parse(info.token_url);
  if (!authorize || !token) return tl::unexpected(authorize ? token.error() : authorize.error());
  return login::Service{std::move(*authorize), std::move(*token), info.scopes,
                        std::move(client_id)};
}

Secret own(const std::string& value) {
  Secret secret{trust::SecretBytes(value.size()), Kind::own};
  std::copy(value.begin(), value.end(), secret.value.data());
  return secret;
}

// As the plugin finds them, and replaces them when it refreshes them.
Result<std::string> store_tokens(const Places& places, const Owner& owner,
                                 const login::Tokens& tokens, const std::string& client_id) {
  const auto store = secrets::open_store(places);
  const std::int64_t now = SystemClock().realtime().count() / 1'000'000'000;
  const std::pair<const char*, std::string> all[] = {
      {"client_id", client_id},
      {"access_token", tokens.access_token},
      {"expires_at", tokens.expires_in == 0 ? "" : std::to_string(now + tokens.expires_in)},
      {"refresh_token", tokens.refresh_token}};
  for (const auto& [name, value] : all) {
    if (value.empty()) {
      if (auto removed = store->remove(owner, name); !removed) {
        return tl::unexpected(removed.error());
      }
    } else if (auto stored = store->set(owner, name, own(value)); !stored) {
      return tl::unexpected(stored.error());
    }
  }
  return store->place();
}

// The address is printed in any case: browsers are not always where the terminal is.
void show(const std::string& url, bool no_browser) {
  print(fmt::format("Log in, in a browser:\n\n  {}\n\n", url));
  std::fflush(stdout);
  const char* display = std::getenv("DISPLAY");
  const char* wayland = std::getenv("WAYLAND_DISPLAY");
  if (no_browser || (display == nullptr && wayland == nullptr)) return;
  if (const auto opened = spawn({"xdg-open", url}); !opened) print_error(opened.error().message);
}

Result<void> log_in(const Options& options, const store::Loaded& loaded, const Places& places,
                    Nanos timeout, const std::atomic<bool>& interrupted) {
  const Metadata& metadata = loaded.plugin.metadata();
  const auto client_id = find_client_id(options, metadata);
  if (!client_id) return tl::unexpected(client_id.error());
  auto service = make_service(loaded, *client_id);
  if (!service) return tl::unexpected(service.error());
  auto web = net::Web::create({.ca_file = net::client_options(process_environment()).ca_file});
  if (!web) return tl::unexpected(web.error());
  auto login = login::Login::begin(std::move(*service), options.port);
  if (!login) return tl::unexpected(login.error());
  show(login->url(), options.no_browser);
  const Until until{SystemClock().monotonic() + timeout, -1,
                    [&] { return interrupted.load(std::memory_order_relaxed); }};
  auto tokens = login->finish(*web, until);
  if (!tokens) return tl::unexpected(tokens.error());
  const auto place =
      store_tokens(places, {metadata.name, loaded.signer.text()}, *tokens, *client_id);
  trust::wipe(tokens->access_token);
  trust::wipe(tokens->refresh_token);
  if (!place) return tl::unexpected(place.error());
  print(
      fmt::format("{} is logged in. Its tokens are kept in {}; to log it out here: midimon "
                  "secret remove {} --all\n",
                  metadata.name, *place, metadata.name));
  return {};
}

int run(const Options& options) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return report(places.error());
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) return report(Error{ErrorCode::invalid, "--timeout: " + timeout.error().message});
  Result<WasmConfig> config = to_config(options.settings);
  if (!config) return report(config.error());
  Interrupt interrupt;
  const bool file = is_file(options.plugin);
  store::LoadRequest request{file ? "" : options.plugin, file ? options.plugin : "",
                             options.unsigned_allowed, std::move(*config)};
  if (const auto used = use_grants(request, nullptr); !used) return report(used.error());
  const auto runtime = Runtime::create(runtime_options(8));
  if (!runtime) return report(runtime.error());
  const auto loaded = store::load(**runtime, request);
  if (!loaded) return report(loaded.error());
  const Metadata& metadata = loaded->plugin.metadata();
  if (!metadata.login) {
    return report(Error{ErrorCode::invalid, fmt::format("{} needs no login.", metadata.name)});
  }
  std::atomic<bool> interrupted{false};
  const OnInterrupt on_interrupt(interrupt, [&] { interrupted = true; });
  if (const auto done = log_in(options, *loaded, *places, *timeout, interrupted); !done) {
    print_error(done.error().message);
    if (interrupted) return kInterrupted;
    return done.error().code == ErrorCode::invalid ? kUsage : kFailed;
  }
  return kOk;
}

}  // namespace

void add_plugin_login(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "login",
      "Let a plugin act for you at the service it is for: you agree in your browser, and it gets "
      "tokens that it alone may use. Your password stays between you and the service.\n"
      "Exit status: 0 logged in, 1 not, 2 usage, 130 interrupted; and those of `midimon key "
      "verify`.");
  command
      ->add_option("PLUGIN", options->plugin,
                   "The id of an installed plugin, or a .wasm or .midiplug file")
      ->required();
  command->add_option("--client-id", options->client_id,
                      "The id of the application that you registered with the service");
  command->add_option("-c,--config", options->profile,
                      "A profile whose settings for the plugin have the client id");
  command->add_option("--port", options->port,
                      "Where the browser comes back to on this machine, if the service has to be "
                      "told before: http://127.0.0.1:PORT/callback (default: a free one)");
  command->add_option("--timeout", options->timeout, "How long to wait for you")
      ->capture_default_str();
  command->add_flag("--no-browser", options->no_browser, "Print the address and open nothing");
  command
      ->add_option("--grant", options->settings.grants,
                   "Grant what the plugin asks for, for this login alone")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--unsigned", options->unsigned_allowed,
                    "Though it is not signed: for plugins you make yourself");
  command->callback([=, &status] { status = run(*options); });
}

}  // namespace midimon::cli
