#include "mapping/names_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "midi/note_name.h"
#include "toml/closest.h"

namespace midimon {

std::optional<std::string_view> read_type(TomlTable& table, std::string_view what,
                                          std::span<const std::string_view> known) {
  const std::string expected = fmt::format("one of {}", fmt::join(known, ", "));
  const auto type = table.string("type", Need::required, expected);
  if (!type) return std::nullopt;
  const auto found = std::find(known.begin(), known.end(), *type);
  if (found == known.end()) {
    table.add_problem(table.pos("type"), fmt::format("there is no {} of type {}{}", what,
                                                     in_quotes(*type), hint(*type, known)));
    return std::nullopt;
  }
  table.rename(fmt::format("a {} {}", *found, what));
  return *found;
}

std::string_view type_of(const toml::table& table) {
  const toml::node* node = table.get("type");
  const auto* text = node == nullptr ? nullptr : node->as_string();
  return text == nullptr ? std::string_view() : std::string_view(text->get());
}

std::optional<std::size_t> read_word(TomlTable& table, std::string_view key,
                                     std::span<const std::string_view> words) {
  const auto word = table.string(key, Need::optional);
  if (!word) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  table.add_problem(table.pos(key),
                    fmt::format("there is no {} {}{}", key, in_quotes(*word), hint(*word, words)));
  return std::nullopt;
}

std::optional<std::uint8_t> note_in(const toml::node& node) {
  if (const auto* number = node.as_integer()) {
    if (number->get() < 0 || number->get() > 127) return std::nullopt;
    return static_cast<std::uint8_t>(number->get());
  }
  const auto* name = node.as_string();
  return name == nullptr ? std::nullopt : parse_note(name->get());
}

std::optional<std::uint8_t> read_note(TomlTable& table, std::string_view key, Need need) {
  const toml::node* node = table.find(key, need, kNoteExpected);
  if (node == nullptr) return std::nullopt;
  const auto note = note_in(*node);
  if (!note) table.refuse(key, *node, kNoteExpected);
  return note;
}

std::optional<std::size_t> read_mode(TomlTable& table, const Profile& profile) {
  const toml::node* node = table.find("mode", Need::required, "a mode's name or number");
  if (node == nullptr) return std::nullopt;
  const std::size_t count = profile.modes.size();
  if (const auto* number = node->as_integer()) {
    const auto index = static_cast<std::uint64_t>(number->get());  // below 0: beyond any count
    if (index < count) return static_cast<std::size_t>(index);
    table.refuse("mode", *node, fmt::format("a mode's name or a number from 0 to {}", count - 1));
    return std::nullopt;
  }
  const auto* name = node->as_string();
  if (name == nullptr) {
    table.refuse("mode", *node, "a mode's name or number");
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const Mode& mode : profile.modes)
    names.emplace_back(mode.name);
  const auto found = std::find(names.begin(), names.end(), name->get());
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  table.add_problem(pos_of(*node), fmt::format("there is no mode {}{}", in_quotes(name->get()),
                                               hint(name->get(), names)));
  return std::nullopt;
}

void check_declared(TomlTable& table, std::string_view key, const std::string& id,
                    const Profile& profile) {
  if (profile.plugins.contains(id)) return;
  std::vector<std::string_view> declared;
  for (const auto& [known, entry] : profile.plugins)
    declared.emplace_back(known);
  const auto near = closest(id, declared);
  const std::string advice = near ? fmt::format("did you mean \"{}\"?", *near)
                                  : fmt::format("add [plugins.{}] with its module", in_quotes(id));
  table.add_problem(table.pos(key),
                    fmt::format("plugin {} is not declared; {}", in_quotes(id), advice));
}

}  // namespace midimon
