// The GestureRules class says what a detector has to look out for: which notes may become more than
// a press, and when; which controllers are encoders; which sysex matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "events/gesture.h"
#include "events/sysex_pattern.h"

namespace midimon {

// A channel and a note, or a channel and a controller, as one number.
inline constexpr std::size_t kKeys = std::size_t{16} * 128;
[[nodiscard]] constexpr std::uint16_t key_of(std::uint8_t channel, std::uint8_t number) {
  return static_cast<std::uint16_t>((channel & 0x0FU) << 7U | (number & 0x7FU));
}

struct Chord {
  std::vector<std::uint8_t> notes;      // ascending, at least two, each once
  std::optional<std::uint8_t> channel;  // any, if not given; but the same for all notes
  Nanos timeout{};                      // all notes come down in less than this
  friend bool operator==(const Chord&, const Chord&) = default;
};

// What may come of pressing a note. Spans point into the rules.
struct NoteRule {
  Nanos chord_wait{};                     // the longest timeout of its chords; 0: it is in none
  Nanos double_tap{};                     // less than this between two presses; 0: none
  std::span<const Nanos> holds;           // ascending
  std::span<const std::uint32_t> chords;  // indices of those it is a part of
};

// What is asked of a controller, as bits: an Encoding each, and the one below.
[[nodiscard]] constexpr std::uint8_t bit_of(Encoding encoding) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(encoding));
}
inline constexpr std::uint8_t kWideControl = 0x10;  // upper half of a pair

// Not changed once built, and then safe to read on any thread: share it as
// std::shared_ptr<const GestureRules>. All it says is looked up by index.
class GestureRules {
 public:
  // With no rule: every press is a press.
  GestureRules();
  GestureRules(const GestureRules&) = delete;
  GestureRules& operator=(const GestureRules&) = delete;

  // What holds for a key (key_of) in a mode.
  [[nodiscard]] const NoteRule* note_rule(std::size_t mode, std::uint16_t key) const {
    const NoteTable& table = *modes_[mode < modes_.size() ? mode : 0];
    const std::uint32_t index = table[key];
    return index == 0 ? nullptr : &rules_[index];
  }
  // Bits of what is asked of a controller, in any mode.
  [[nodiscard]] std::uint8_t control(std::uint16_t key) const { return controls_[key]; }
  [[nodiscard]] const std::vector<Chord>& chords() const { return chords_; }
  [[nodiscard]] const std::vector<SysexPattern>& patterns() const { return patterns_; }
  // The indices of the patterns that may match a sysex that begins with this byte.
  [[nodiscard]] std::span<const std::uint32_t> patterns_for(std::uint8_t first) const {
    return by_first_[first & 0x7FU];
  }

 private:
  friend class GestureRulesBuilder;
  using NoteTable = std::array<std::uint32_t, kKeys>;  // indices in rules_; 0: none

  std::vector<NoteRule> rules_;
  std::vector<std::vector<Nanos>> holds_;
  std::vector<std::vector<std::uint32_t>> chord_lists_;
  std::vector<std::shared_ptr<const NoteTable>> modes_;  // never empty; many share one table
  std::array<std::uint8_t, kKeys> controls_{};
  std::vector<Chord> chords_;
  std::vector<SysexPattern> patterns_;
  std::array<std::vector<std::uint32_t>, 128> by_first_;
};

// Collects what triggers ask for and makes the rules of it.
class GestureRulesBuilder {
 public:
  // What to look out for: in one mode, or in all (nothing given). No channel is any.
  using Mode = std::optional<std::size_t>;
  using Channel = std::optional<std::uint8_t>;

  void add_hold(Mode mode, Channel channel, std::uint8_t note, Nanos duration);
  void add_double_tap(Mode mode, Channel channel, std::uint8_t note, Nanos timeout);
  // Its index; equal chords have the same. The chord's notes are as its struct says.
  std::uint32_t add_chord(Mode mode, const Chord& chord);
  void add_control(Channel channel, std::uint8_t controller, std::uint8_t bits);
  std::uint32_t add_pattern(const SysexPattern& pattern);

  [[nodiscard]] std::shared_ptr<const GestureRules> build(std::size_t modes) const;

 private:
  struct NoteWish {
    Mode mode;
    Channel channel;
    std::uint8_t note = 0;
    Nanos hold{};
    Nanos double_tap{};
    std::optional<std::uint32_t> chord;
  };

  void fill(GestureRules& rules, Mode mode, GestureRules::NoteTable& table) const;

  std::vector<NoteWish> wishes_;
  std::vector<Chord> chords_;
  std::vector<SysexPattern> patterns_;
  std::array<std::uint8_t, kKeys> controls_{};
};

}  // namespace midimon
