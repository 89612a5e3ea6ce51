// midimon permission grant | revoke | reset: what a plugin may do from its next start on.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/permission_command.h"
#include "cli/policy.h"
#include "grants/book_file.h"
#include "grants/words.h"

namespace midimon::cli {
namespace {

using grants::Entry;
using grants::GrantBook;
using grants::Permissions;
using grants::Side;

Result<std::vector<Capability>> read_capabilities(const std::vector<std::string>& texts) {
  std::vector<Capability> out;
  for (const std::string& text : texts) {
    auto capability = parse_capability(text);
    if (!capability) return tl::unexpected(capability.error());
    out.push_back(std::move(*capability));
  }
  return out;
}

// Shows what the plugin may do now.
int show(const Entry& entry, bool as_json) {
  if (as_json) {
    print_json(to_json(entry));
  } else {
    print(to_text(entry));
  }
  return kOk;
}

struct GrantOptions {
  PluginChoice choice;
  std::vector<std::string> capabilities;
  std::uint64_t calls = 0;
  bool until_restart = false;
  bool json = false;
};

Result<std::vector<Capability>> check_grants(const GrantOptions& options, const Entry& entry,
                                             const Places& places) {
  auto wanted = read_capabilities(options.capabilities);
  if (!wanted) return wanted;
  const auto policy = find_ceiling(places, nullptr);
  if (!policy) return tl::unexpected(policy.error());
  Permissions requested;
  if (auto added = requested.add(entry.asks, Side::request); !added) {
    return tl::unexpected(added.error());
  }
  for (Capability& one : *wanted) {
    auto granted = grants::grantable(one, requested, *policy);
    if (!granted) {
      return fail(granted.error().code, fmt::format("{}: {}", entry.id, granted.error().message));
    }
    if (auto checked = check_directories(*granted, places); !checked) {
      return tl::unexpected(checked.error());
    }
    one = std::move(*granted);
  }
  return wanted;
}

Result<Entry> grant(const GrantOptions& options, const BookPlaces& places) {
  grants::Lasting lasting;
  const std::string boot = grants::this_boot();
  if (options.calls > 0) lasting.calls = options.calls;
  if (options.until_restart) {
    if (boot.empty()) {
      return fail(
          ErrorCode::unsupported,
          "This system does not say when it was started, so --until-restart cannot be kept. "
          "Use --calls, or revoke the grant later.");
    }
    lasting.boot = boot;
  }
  Result<Entry> entry = fail(ErrorCode::internal, "The grants were not changed.");
  auto updated = grants::update_book(places.book, boot, [&](GrantBook& book) -> Result<void> {
    entry = choose_entry(book, options.choice);
    if (!entry) return tl::unexpected(entry.error());
    const auto granted = check_grants(options, *entry, places.places);
    if (!granted) return tl::unexpected(granted.error());
    if (book.find(entry->id, entry->signer) == nullptr) {
      if (auto noted = book.note(*entry); !noted) return noted;
    }
    for (const Capability& what : *granted) {
      auto done = book.grant(entry->id, entry->signer, {what, trust::now(SystemClock()), lasting});
      if (!done) return done;
    }
    entry = *book.find(entry->id, entry->signer);
    return {};
  });
  if (!updated) return tl::unexpected(updated.error());
  return entry;
}

int run_grant(const GrantOptions& options) {
  const auto places = find_book();
  if (!places) return report(places.error());
  const auto entry = grant(options, *places);
  return entry ? show(*entry, options.json) : report(entry.error());
}

struct RevokeOptions {
  PluginChoice choice;
  std::vector<std::string> capabilities;
  bool json = false;
};

// Takes `what` away, or all there is where nothing is named.
Result<void> revoke_all(GrantBook& book, const Entry& entry, const std::vector<Capability>& what) {
  if (what.empty()) {
    for (const grants::Grant& one : entry.grants) {
      auto revoked = book.revoke(entry.id, entry.signer, {one.what.kind, {}, {}});
      if (!revoked) return tl::unexpected(revoked.error());
    }
    book.set_answered(entry.id, entry.signer);
    return {};
  }
  for (const Capability& one : what) {
    const auto revoked = book.revoke(entry.id, entry.signer, one);
    if (!revoked) return tl::unexpected(revoked.error());
    if (!*revoked) {
      return fail(ErrorCode::not_found,
                  fmt::format("{} was not granted {}, so there is nothing to revoke. `midimon "
                              "permission show {}` says what it was granted.",
                              entry.id, grants::grant_texts(one).front(), entry.id));
    }
  }
  return {};
}

int run_revoke(const RevokeOptions& options) {
  const auto places = find_book();
  if (!places) return report(places.error());
  const auto what = read_capabilities(options.capabilities);
  if (!what) return report(what.error());
  Result<Entry> entry = fail(ErrorCode::internal, "The grants were not changed.");
  const auto updated =
      grants::update_book(places->book, grants::this_boot(), [&](GrantBook& book) -> Result<void> {
        entry = choose_entry(book, options.choice);
        if (!entry) return tl::unexpected(entry.error());
        if (book.find(entry->id, entry->signer) == nullptr) {
          return fail(ErrorCode::not_found,
                      fmt::format("{} was never granted anything.", entry->id));
        }
        if (auto revoked = revoke_all(book, *entry, *what); !revoked) return revoked;
        entry = *book.find(entry->id, entry->signer);
        return {};
      });
  if (!updated) return report(updated.error());
  return show(*entry, options.json);
}

struct ResetOptions {
  std::string plugin;
  bool all = false;
  bool json = false;
};

int run_reset(const ResetOptions& options) {
  if (options.all == !options.plugin.empty()) {
    return report({ErrorCode::invalid, "Give the id of a plugin, or --all, and not both."});
  }
  const auto places = find_book();
  if (!places) return report(places.error());
  std::size_t count = 0;
  const auto updated =
      grants::update_book(places->book, grants::this_boot(), [&](GrantBook& book) -> Result<void> {
        count = options.all ? book.entries().size() : book.reset(options.plugin);
        if (options.all) book = GrantBook();
        if (count > 0 || options.all) return {};
        return fail(ErrorCode::not_found, fmt::format("No plugin \"{}\" is known.",
                                                      escape_line(options.plugin.substr(0, 64))));
      });
  if (!updated) return report(updated.error());
  if (options.json) {
    print_json({{"forgotten", count}});
  } else {
    print(fmt::format("{} forgotten: granted nothing, and asked about again at the next use.\n",
                      count == 1 ? "1 plugin is" : fmt::format("{} plugins are", count)));
  }
  return kOk;
}

}  // namespace

void add_permission_grant(CLI::App& permission, int& status) {
  auto options = std::make_shared<GrantOptions>();
  CLI::App* command = permission.add_subcommand(
      "grant",
      "Let a plugin do something that it asks for, from its next start on.\n"
      "A CAPABILITY is a kind, for all that the plugin asks for of it today, or a kind and what it "
      "is "
      "narrowed to: network, network:https://api.example.org, filesystem (its own directory), "
      "filesystem:/shared, filesystem:/srv/music::/music:ro, 'subprocess:/usr/bin/playerctl next'. "
      "Exit status: 0 granted, 2 not.");
  add_plugin_choice(*command, options->choice);
  command->add_option("CAPABILITY", options->capabilities, "What it may do")->required();
  auto* calls = command->add_option("--calls", options->calls, "For so many calls, and no more")
                    ->check(CLI::Range(std::uint64_t{1}, grants::kMaxCalls));
  command->add_flag("--until-restart", options->until_restart, "Until the machine restarts")
      ->excludes(calls);
  command->add_flag("--json", options->json, "What it may do now as one JSON object");
  command->callback([=, &status] { status = run_grant(*options); });
}

void add_permission_revoke(CLI::App& permission, int& status) {
  auto options = std::make_shared<RevokeOptions>();
  CLI::App* command =
      permission.add_subcommand("revoke",
                                "Take away what a plugin was granted, from its next start on; "
                                "without a CAPABILITY all of it.\n"
                                "It is not asked about again. Exit status: 0 revoked, 2 not.");
  add_plugin_choice(*command, options->choice);
  command->add_option("CAPABILITY", options->capabilities,
                      "What it may do no more: a kind, or a kind and what it was narrowed to");
  command->add_flag("--json", options->json, "What it may do now as one JSON object");
  command->callback([=, &status] { status = run_revoke(*options); });
}

void add_permission_reset(CLI::App& permission, int& status) {
  auto options = std::make_shared<ResetOptions>();
  CLI::App* command = permission.add_subcommand(
      "reset", "Forget all that was granted to a plugin and answered about it, whoever signed it");
  command->add_option("PLUGIN", options->plugin, "The plugin's id");
  command->add_flag("--all", options->all, "Every plugin");
  command->add_flag("--json", options->json, "How many were forgotten as one JSON object");
  command->callback([=, &status] { status = run_reset(*options); });
}

}  // namespace midimon::cli
