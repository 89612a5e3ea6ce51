// What readers of triggers, conditions and actions have in common: words, modes, channels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads which of `known` a table's type is, and from then on calls the table by it.
[[nodiscard]] std::optional<std::string_view> read_type(TomlTable& table, std::string_view what,
                                                        std::span<const std::string_view> known);

// A table's type, whatever it is; empty if it has none.
[[nodiscard]] std::string_view type_of(const toml::table& table);

// Reads which of `words` a key's value is: its index.
[[nodiscard]] std::optional<std::size_t> read_word(TomlTable& table, std::string_view key,
                                                   std::span<const std::string_view> words);

// Reads a note by number or name; nothing if it is none. kNoteExpected says what it can be.
[[nodiscard]] std::optional<std::uint8_t> note_in(const toml::node& node);
inline constexpr std::string_view kNoteExpected =
    "a number from 0 to 127 or a name from \"C-1\" to \"G9\", such as \"F#3\" (\"C4\" is 60)";

// The same as the value of a key.
[[nodiscard]] std::optional<std::uint8_t> read_note(TomlTable& table, std::string_view key,
                                                    Need need);

// Reads a mode by name or number, from key "mode": its index.
[[nodiscard]] std::optional<std::size_t> read_mode(TomlTable& table, const Profile& profile);

// Notes that `id` is a plugin that the profile does not declare, if so.
void check_declared(TomlTable& table, std::string_view key, const std::string& id,
                    const Profile& profile);

}  // namespace midimon
