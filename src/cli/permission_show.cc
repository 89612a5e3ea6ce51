// midimon permission list | show: what each plugin asks for and may do.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/permission_command.h"
#include "grants/book_file.h"
#include "grants/words.h"

namespace midimon::cli {
namespace {

using grants::Entry;
using grants::Grant;
using nlohmann::json;

json capability_json(const Capability& what) {
  json out = {{"capability", to_string(what.kind)}, {"allow", what.allow}};
  if (!what.reason.empty()) out["reason"] = what.reason;
  return out;
}

std::string lasting_text(const Grant& grant) {
  if (grant.lasting.calls) return fmt::format(", for {} more calls", *grant.lasting.calls);
  if (!grant.lasting.boot.empty()) return ", until the machine restarts";
  return "";
}

std::vector<Grant> current_grants(const Entry& entry) {
  const std::string boot = grants::this_boot();
  std::vector<Grant> out = entry.grants;
  std::erase_if(out, [&](const Grant& grant) {
    return !grant.lasting.boot.empty() && grant.lasting.boot != boot;
  });
  return out;
}

// "network:https://a.org, midi", or "nothing".
std::string short_text(const Entry& entry) {
  std::string out;
  for (const Grant& grant : current_grants(entry)) {
    for (const std::string& text : grants::grant_texts(grant.what))
      out += (out.empty() ? "" : ", ") + text;
    out += lasting_text(grant);
  }
  return out.empty() ? "nothing" : out;
}

// The own directory comes with every grant of files, and is not in its list.
Capability with_own_directory(Capability what) {
  if (what.kind == CapabilityKind::filesystem && !what.allow.empty()) {
    what.allow.insert(what.allow.begin(), "/");
  }
  return what;
}

void add_lines(std::string& text, const Capability& what, const std::string& after) {
  text += fmt::format("    {}{}\n", to_string(what.kind), after);
  for (const std::string& line : grants::describe(what))
    text += fmt::format("      - {}\n", line);
}

// What it asks for and does not have, with the command for it.
void add_lacking(std::string& text, const Entry& entry) {
  grants::Permissions has;
  for (const Grant& grant : current_grants(entry)) {
    if (!grant.holds(grants::this_boot())) continue;
    if (!has.add(grant.what, grants::Side::grant)) return;
  }
  const auto missing = grants::lacking(entry.asks, has);
  if (missing.empty()) return;
  text += "  does not have\n";
  for (const Capability& wish : missing) {
    add_lines(text, wish, wish.reason.empty() ? "" : fmt::format(": \"{}\"", wish.reason));
    text +=
        fmt::format("      At worst: {}\n      To allow it: {}\n", grants::worst_case(wish.kind),
                    grants::grant_command(entry.id, grants::grant_texts(wish)));
  }
}

int list(bool as_json) {
  const auto places = find_book();
  if (!places) return report(places.error());
  const auto book = grants::load_book(places->book);
  if (!book) return report(book.error());
  json all = json::array();
  for (const Entry& entry : book->entries()) {
    all.push_back(to_json(entry));
    if (as_json) continue;
    print(fmt::format("{} {}  {}\n  may: {}\n", entry.id, entry.version, entry.signer.text(),
                      short_text(entry)));
  }
  if (as_json) print_json(all);
  if (!as_json && all.empty()) {
    print(
        "No plugin has asked for anything yet. `midimon plugin run` or `run` one, or look at it "
        "with `midimon plugin try`.\n");
  }
  return kOk;
}

struct ShowOptions {
  PluginChoice choice;
  bool json = false;
};

// The entries that are meant: unlike a change, a look may be at several.
Result<std::vector<Entry>> choose_all(const grants::GrantBook& book, const PluginChoice& choice) {
  std::vector<Entry> out;
  for (const Entry* entry : book.find_all(choice.plugin)) {
    if (entry->signer.text().starts_with(choice.signer)) out.push_back(*entry);
  }
  if (!out.empty()) return out;
  auto one = choose_entry(book, choice);
  if (!one) return tl::unexpected(one.error());
  out.push_back(std::move(*one));
  return out;
}

int show(const ShowOptions& options) {
  const auto places = find_book();
  if (!places) return report(places.error());
  const auto book = grants::load_book(places->book);
  if (!book) return report(book.error());
  const auto entries = choose_all(*book, options.choice);
  if (!entries) return report(entries.error());
  json all = json::array();
  for (const Entry& entry : *entries) {
    all.push_back(to_json(entry));
    if (!options.json) print(to_text(entry));
  }
  if (options.json) print_json(all);
  return kOk;
}

}  // namespace

json to_json(const Entry& entry) {
  json asks = json::array();
  for (const Capability& ask : entry.asks)
    asks.push_back(capability_json(ask));
  json grants = json::array();
  for (const Grant& grant : current_grants(entry)) {
    json one = capability_json(grant.what);
    one["since"] = trust::format_utc(grant.since);
    one["until_restart"] = !grant.lasting.boot.empty();
    one["calls"] = grant.lasting.calls ? json(*grant.lasting.calls) : json();
    grants.push_back(std::move(one));
  }
  return {{"plugin", entry.id},       {"signer", entry.signer.text()},
          {"version", entry.version}, {"answered", entry.answered},
          {"asks", std::move(asks)},  {"grants", std::move(grants)}};
}

std::string to_text(const Entry& entry) {
  std::string text = fmt::format("{} {}  {}\n", entry.id, entry.version, entry.signer.text());
  text += "  may\n";
  const auto grants = current_grants(entry);
  for (const Grant& grant : grants) {
    add_lines(text, with_own_directory(grant.what),
              fmt::format(", since {}{}", trust::format_utc(grant.since), lasting_text(grant)));
  }
  if (grants.empty()) text += "    nothing\n";
  add_lacking(text, entry);
  return text;
}

void add_permission_list(CLI::App& permission, int& status) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = permission.add_subcommand(
      "list", "Show every plugin that asked for something, and what it may");
  command->add_flag("--json", *as_json, "As one JSON array");
  command->callback([=, &status] { status = list(*as_json); });
}

void add_permission_show(CLI::App& permission, int& status) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = permission.add_subcommand("show",
                                                "Show in plain words what a plugin may do, what "
                                                "else it asks for and why, and what it could do "
                                                "at worst");
  add_plugin_choice(*command, options->choice);
  command->add_flag("--json", options->json, "As a JSON array");
  command->callback([=, &status] { status = show(*options); });
}

}  // namespace midimon::cli
