#include "events/gesture_rules.h"

#include <algorithm>
#include <map>

namespace midimon {
namespace {

template <typename Value>
std::uint32_t index_of(std::vector<Value>& values, const Value& value) {
  const auto found = std::find(values.begin(), values.end(), value);
  const auto index = static_cast<std::uint32_t>(found - values.begin());
  if (found == values.end()) values.push_back(value);
  return index;
}

template <typename Visit>
void for_each_channel(const std::optional<std::uint8_t>& channel, Visit&& visit) {
  for (std::uint8_t each = channel.value_or(0); each <= channel.value_or(15); ++each)
    visit(each);
}

}  // namespace

GestureRules::GestureRules() : rules_(1), modes_{std::make_shared<const NoteTable>()} {}

void GestureRulesBuilder::add_hold(Mode mode, Channel channel, std::uint8_t note, Nanos duration) {
  wishes_.push_back({mode, channel, note, duration, {}, {}});
}

void GestureRulesBuilder::add_double_tap(Mode mode, Channel channel, std::uint8_t note,
                                         Nanos timeout) {
  wishes_.push_back({mode, channel, note, {}, timeout, {}});
}

std::uint32_t GestureRulesBuilder::add_chord(Mode mode, const Chord& chord) {
  const std::uint32_t index = index_of(chords_, chord);
  for (const std::uint8_t note : chord.notes)
    wishes_.push_back({mode, chord.channel, note, {}, {}, index});
  return index;
}

void GestureRulesBuilder::add_control(Channel channel, std::uint8_t controller, std::uint8_t bits) {
  for_each_channel(channel,
                   [&](std::uint8_t each) { controls_[key_of(each, controller)] |= bits; });
}

std::uint32_t GestureRulesBuilder::add_pattern(const SysexPattern& pattern) {
  return index_of(patterns_, pattern);
}

// Puts what is wished for in `mode` (nothing: in all modes) and in all modes into `table`.
void GestureRulesBuilder::fill(GestureRules& rules, Mode mode,
                               GestureRules::NoteTable& table) const {
  struct Collected {
    NoteRule rule;
    std::vector<Nanos> holds;
    std::vector<std::uint32_t> chords;
  };
  std::map<std::uint16_t, Collected> keys;
  for (const NoteWish& wish : wishes_) {
    if (wish.mode && wish.mode != mode) continue;
    for_each_channel(wish.channel, [&](std::uint8_t channel) {
      Collected& key = keys[key_of(channel, wish.note)];
      key.rule.double_tap = std::max(key.rule.double_tap, wish.double_tap);
      if (wish.hold > Nanos{}) key.holds.push_back(wish.hold);
      if (!wish.chord) return;
      key.rule.chord_wait = std::max(key.rule.chord_wait, chords_[*wish.chord].timeout);
      index_of(key.chords, *wish.chord);
    });
  }
  for (auto& [key, collected] : keys) {
    std::sort(collected.holds.begin(), collected.holds.end());
    collected.holds.erase(std::unique(collected.holds.begin(), collected.holds.end()),
                          collected.holds.end());
    // A vector that is moved keeps its elements where they are.
    collected.rule.holds = collected.holds;
    collected.rule.chords = collected.chords;
    rules.holds_.push_back(std::move(collected.holds));
    rules.chord_lists_.push_back(std::move(collected.chords));
    table[key] = static_cast<std::uint32_t>(rules.rules_.size());
    rules.rules_.push_back(collected.rule);
  }
}

std::shared_ptr<const GestureRules> GestureRulesBuilder::build(std::size_t modes) const {
  auto rules = std::make_shared<GestureRules>();
  rules->chords_ = chords_;
  rules->patterns_ = patterns_;
  rules->controls_ = controls_;
  for (std::uint32_t i = 0; i < patterns_.size(); ++i) {
    for (std::size_t first = 0; first < 128; ++first) {
      if (patterns_[i].first().value_or(first) == first) rules->by_first_[first].push_back(i);
    }
  }
  const auto make = [&](Mode mode) {
    auto table = std::make_shared<GestureRules::NoteTable>();
    fill(*rules, mode, *table);
    return table;
  };
  rules->modes_.assign(std::max<std::size_t>(modes, 1), make(std::nullopt));
  for (std::size_t mode = 0; mode < modes; ++mode) {
    const bool own = std::any_of(wishes_.begin(), wishes_.end(),
                                 [&](const NoteWish& wish) { return wish.mode == mode; });
    if (own) rules->modes_[mode] = make(mode);
  }
  return rules;
}

}  // namespace midimon
