// midimon secret: what the user trusts plugins with, such as the token of a service.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/passphrase.h"
#include "cli/permission_command.h"
#include "grants/book_file.h"
#include "grants/host_rule.h"
#include "midimon/plugin_id.h"
#include "secrets/open_store.h"
#include "trust/private_file.h"

namespace midimon::cli {
namespace {

using secrets::Kind;
using secrets::Listed;
using secrets::Owner;
using secrets::Secret;

struct SecretPlaces {
  std::unique_ptr<secrets::Store> store;
  Owner owner;
};

// Where they are kept, and whose are meant.
Result<SecretPlaces> find_secrets(const PluginChoice& choice) {
  const auto places = find_book();
  if (!places) return tl::unexpected(places.error());
  const auto book = grants::load_book(places->book);
  if (!book) return tl::unexpected(book.error());
  const auto entry = choose_entry(*book, choice);
  if (!entry) return tl::unexpected(entry.error());
  return SecretPlaces{secrets::open_store(places->places), {entry->id, entry->signer.text()}};
}

// All of stdin, without the end of its line.
Result<trust::SecretBytes> read_stdin() {
  trust::SecretBytes bytes(secrets::kMaxSecretBytes + 2);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(STDIN_FILENO, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return trust::cannot("read", "stdin", errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > 0 && bytes.data()[size - 1] == '\n') --size;
  if (size > secrets::kMaxSecretBytes) {
    return fail(ErrorCode::limit, "A secret may have 16 KiB, and stdin has more.");
  }
  if (size == 0) return fail(ErrorCode::invalid, "stdin is empty, so nothing is stored.");
  bytes.shrink(size);
  return bytes;
}

struct SetOptions {
  PluginChoice choice;
  std::string name;
  bool readable = false;
  std::string only_to;  // empty: any host that the plugin may talk to
};

int set(const SetOptions& options) {
  // Before anything is asked for.
  if (!secrets::is_secret_name(options.name)) {
    return report(
        {ErrorCode::invalid, "A secret's name is 1 to 64 of letters, digits, '_', '-' and '.'."});
  }
  if (options.readable && !options.only_to.empty()) {
    return report({ErrorCode::invalid,
                   "A plugin that may read a secret can send it anywhere it may talk to: give "
                   "--only-to or --readable, and not both."});
  }
  std::optional<grants::HostRule> only_to;
  if (!options.only_to.empty()) {
    auto rule = grants::parse_host_rule(options.only_to);
    if (!rule) return report(rule.error());
    only_to = std::move(*rule);
  }
  const auto found = find_secrets(options.choice);
  if (!found) return report(found.error());
  auto value = ::isatty(STDIN_FILENO) != 0
                   ? read_hidden_line(fmt::format("{} for {} (it is not shown): ", options.name,
                                                  found->owner.plugin))
                   : read_stdin();
  if (!value) return report(value.error());
  const Secret secret{std::move(*value), options.readable ? Kind::readable : Kind::hidden, only_to};
  if (auto stored = found->store->set(found->owner, options.name, secret); !stored) {
    return report(stored.error());
  }
  print(fmt::format("{} is stored for {}, signer {}, in {}. {}\n", options.name,
                    found->owner.plugin, found->owner.signer, found->store->place(),
                    options.readable
                        ? "The plugin may read it."
                        : fmt::format("The plugin may have it put into its requests{} "
                                      "and does not see it.",
                                      only_to ? " to " + grants::to_string(*only_to) : "")));
  return kOk;
}

struct ListOptions {
  std::string plugin;
  bool json = false;
};

int list(const ListOptions& options) {
  if (!is_plugin_id(options.plugin)) {
    return report({ErrorCode::invalid, fmt::format("\"{}\" is no plugin's id.",
                                                   escape_line(options.plugin.substr(0, 64)))});
  }
  const auto places = find_book();
  if (!places) return report(places.error());
  const auto store = secrets::open_store(places->places);
  const auto all = store->list(options.plugin);
  if (!all) return report(all.error());
  if (options.json) {
    nlohmann::json out = nlohmann::json::array();
    for (const Listed& one : *all) {
      out.push_back({{"name", one.name},
                     {"signer", one.signer},
                     {"kind", to_string(one.kind)},
                     {"bytes", one.bytes}});
      if (one.only_to) out.back()["only_to"] = grants::to_string(*one.only_to);
    }
    print_json(out);
    return kOk;
  }
  std::string text;
  for (const Listed& one : *all) {
    text += fmt::format("{:<24} {:<9} {:>6} bytes  signer {}{}\n", one.name, to_string(one.kind),
                        one.bytes, one.signer,
                        one.only_to ? "  only to " + grants::to_string(*one.only_to) : "");
  }
  print(all->empty() ? fmt::format("{} has no secrets.\n", options.plugin) : text);
  return kOk;
}

struct RemoveOptions {
  PluginChoice choice;
  std::string name;
  bool all = false;
};

int remove_all(const std::string& plugin) {
  const auto places = find_book();
  if (!places) return report(places.error());
  const auto removed = secrets::open_store(places->places)->remove_all(plugin);
  if (!removed) return report(removed.error());
  print(fmt::format("{} of the secrets of {} are removed.\n", *removed, plugin));
  return kOk;
}

int remove(const RemoveOptions& options) {
  if (options.all != options.name.empty()) {
    return report({ErrorCode::invalid, "Give the name of a secret, or --all, and not both."});
  }
  if (options.all) return remove_all(options.choice.plugin);
  const auto found = find_secrets(options.choice);
  if (!found) return report(found.error());
  const auto removed = found->store->remove(found->owner, options.name);
  if (!removed) return report(removed.error());
  if (!*removed) {
    return report({ErrorCode::not_found,
                   fmt::format("{} has no such secret; `midimon secret list {}` names those that "
                               "it has.",
                               found->owner.plugin, found->owner.plugin)});
  }
  print(fmt::format("{} is removed.\n", options.name));
  return kOk;
}

void add_set(CLI::App& secret, int& status) {
  auto options = std::make_shared<SetOptions>();
  CLI::App* command = secret.add_subcommand(
      "set",
      "Store a secret for a plugin: what is typed, without echo, or all of stdin.\n"
      "It is for this plugin by this signer (docs/permissions.md), up to 64 of 16 KiB. Exit "
      "status: 0 stored, 2 not.");
  add_plugin_choice(*command, options->choice);
  command->add_option("NAME", options->name, "What the plugin calls it")->required();
  command->add_flag("--readable", options->readable,
                    "Let the plugin read it. Without this it can only have it put into the "
                    "headers of its requests");
  command
      ->add_option("--only-to", options->only_to,
                   "The only hosts that it is sent to, such as https://api.example.org or "
                   "https://*.example.org; otherwise all that the plugin may talk to")
      ->type_name("ORIGIN");
  command->callback([=, &status] { status = set(*options); });
}

void add_list(CLI::App& secret, int& status) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = secret.add_subcommand(
      "list", "The names of the secrets of a plugin; nothing shows what is in them");
  command->add_option("PLUGIN", options->plugin, "The plugin's id")->required();
  command->add_flag("--json", options->json, "As one JSON list");
  command->callback([=, &status] { status = list(*options); });
}

void add_remove(CLI::App& secret, int& status) {
  auto options = std::make_shared<RemoveOptions>();
  CLI::App* command =
      secret.add_subcommand("remove", "Remove a secret. Exit status: 0 removed, 2 not.");
  add_plugin_choice(*command, options->choice);
  command->add_option("NAME", options->name, "Which one");
  command->add_flag("--all", options->all, "All of the plugin's, whoever signed it");
  command->callback([=, &status] { status = remove(*options); });
}

}  // namespace

void add_secret(CLI::App& app, int& status) {
  CLI::App* secret = app.add_subcommand(
      "secret", "Keep what plugins need and should not see, such as the token of a service");
  secret->require_subcommand(1);
  add_set(*secret, status);
  add_list(*secret, status);
  add_remove(*secret, status);
}

}  // namespace midimon::cli
