// What the commands of `midimon permission` share: the book of grants, and a plugin in it.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/places.h"
#include "grants/book.h"
#include "midimon/result.h"

namespace midimon::cli {

// Each adds one command; permission_command.cc says in which order.
void add_permission_list(CLI::App& permission, int& status);
void add_permission_show(CLI::App& permission, int& status);
void add_permission_grant(CLI::App& permission, int& status);
void add_permission_revoke(CLI::App& permission, int& status);
void add_permission_reset(CLI::App& permission, int& status);

// Which plugin is meant: its id or its module file, and where several of its signers are known,
// which one (the beginning of `unsigned:...` or of a key's id will do).
struct PluginChoice {
  std::string plugin;
  std::string signer;
};
void add_plugin_choice(CLI::App& command, PluginChoice& choice);

// The entry that is meant: in `book`, or made from what the module file says of itself. The error
// says how to name one.
Result<grants::Entry> choose_entry(const grants::GrantBook& book, const PluginChoice& choice);

// The places of this process, and the path of grants.toml in them.
struct BookPlaces {
  Places places;
  std::string book;
};
Result<BookPlaces> find_book();

[[nodiscard]] nlohmann::json to_json(const grants::Entry& entry);
// All of it in plain words.
[[nodiscard]] std::string to_text(const grants::Entry& entry);

}  // namespace midimon::cli
