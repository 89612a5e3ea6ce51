// The keys of every table of a profile: what the readers accept, and what the JSON Schema says.
//
// A reader takes a key only if it is here (TomlTable::refuse_other_keys), so that the schema knows
// every key that there is. Plain constants; they live as long as the program.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace midimon {

enum class KeyKind : std::uint8_t {
  boolean,
  integer,          // from `min` to `max`; without `max` (0) no bound is said
  number_or_value,  // the same, with fractions, or a value of the event in quotes
  line,             // a string of one line that is not empty
  text,             // a string of any lines
  word,             // one of `words`
  spelled_word,     // the same, in any case and with _ or - in it
  words,            // an array of some of `words`
  strings,          // an array of lines
  note,             // a number or a name
  notes,            // an array of these
  note_or_value,
  keys,  // a chord, or an array of these
  mode,  // a name or a number
  channels,
  days,
  time_of_day,
  size,      // bytes, or a text with a unit
  duration,  // milliseconds, or a text with a unit
  ceiling,   // true, false, or what may be granted at most
  params,    // a table of anything
  curves,    // a table of arrays of numbers
  plugins,   // a table of tables, by id
  trigger,
  condition,
  conditions,
  action,
  actions,
  table,   // with the keys `inner`
  tables,  // an array of these
};

struct Key {
  std::string_view name;
  KeyKind kind;
  std::string_view about;  // what it is, for people; may be empty
  bool required = false;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::span<const std::string_view> words{};
  std::span<const Key> inner{};
};

// A kind of trigger, condition or action. Its `type` is not among the keys.
struct TypeKeys {
  std::string_view type;
  std::string_view about;
  std::span<const Key> keys;
};

[[nodiscard]] std::span<const TypeKeys> trigger_tables();
[[nodiscard]] std::span<const TypeKeys> condition_tables();
[[nodiscard]] std::span<const TypeKeys> action_tables();

// The keys of the file itself and of its sections.
[[nodiscard]] std::span<const Key> profile_keys();
[[nodiscard]] std::span<const Key> plugin_keys();
// Of a section, or an element of a list of them: "device", "modes"; none if there is no such.
[[nodiscard]] std::span<const Key> keys_in(std::span<const Key> keys, std::string_view name);

// The names of `keys`.
[[nodiscard]] std::vector<std::string_view> names_of(std::span<const Key> keys);
// The names that a table of type `type` may have, "type" included; none if there is no such type.
[[nodiscard]] std::vector<std::string_view> names_of(std::span<const TypeKeys> types,
                                                     std::string_view type);

// Words, in the order in which the readers count them.
inline constexpr std::array<std::string_view, 2> kEdgeWords = {"rising", "falling"};
inline constexpr std::array<std::string_view, 3> kRangeWords = {"soft", "medium", "hard"};
inline constexpr std::array<std::string_view, 3> kDirectionWords = {"Either", "Clockwise",
                                                                    "CounterClockwise"};
inline constexpr std::array<std::string_view, 4> kEncodingWords = {
    "absolute", "twos-complement", "offset-binary", "sign-magnitude"};
inline constexpr std::array<std::string_view, 2> kPressureWords = {"channel", "poly"};
inline constexpr std::array<std::string_view, 2> kBeatWords = {"beat", "bar"};
inline constexpr std::array<std::string_view, 7> kThruWords = {
    "note", "cc", "program", "pressure", "bend", "sysex", "realtime"};
inline constexpr std::array<std::string_view, 6> kVolumeWords = {"Up",   "Down",   "Set",
                                                                 "Mute", "Unmute", "Toggle"};
inline constexpr std::array<std::string_view, 12> kMidiWords = {
    "NoteOn", "NoteOff",    "CC", "ControlChange",  "ProgramChange", "PC", "PitchBend",
    "PB",     "Aftertouch", "AT", "PolyAftertouch", "SysEx"};
// The last two are what earlier profiles call the levels.
inline constexpr std::array<std::string_view, 7> kLevelWords = {
    "debug", "info", "warning", "error", "off", "trace", "warn"};

}  // namespace midimon
