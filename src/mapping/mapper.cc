#include "mapping/mapper.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace midimon {
namespace {

// Knows nothing of the world.
class NoFacts final : public Facts {
 public:
  [[nodiscard]] LocalTime local_time() const override { return {}; }
  [[nodiscard]] bool holds(const OutsideCondition& /*condition*/) const override { return false; }
};

// The place of a kind of gesture in Gesture's variant.
template <typename What, std::size_t kIndex = 0>
constexpr std::size_t kind_of() {
  using Variant = decltype(Gesture::what);
  if constexpr (std::is_same_v<std::variant_alternative_t<kIndex, Variant>, What>) {
    return kIndex;
  } else {
    return kind_of<What, kIndex + 1>();
  }
}

// A part of a slot that narrows nothing down.
constexpr std::uint8_t kNone = 0;

// What a trigger listens to. Where no channel or number is given it is all of them.
struct Slot {
  std::size_t kind;
  std::optional<std::uint8_t> channel;
  std::optional<std::uint8_t> number;
};

struct SlotOfTrigger {
  std::uint32_t named;

  Slot operator()(const NoteTrigger& t) const {
    return {kind_of<NotePressed>(), t.channel, t.note};
  }
  Slot operator()(const ControlTrigger& t) const {
    return {t.wide ? kind_of<WideControlChanged>() : kind_of<ControlChanged>(), t.channel,
            t.controller};
  }
  Slot operator()(const ReleaseTrigger& t) const {
    return {kind_of<NoteReleased>(), t.channel, t.note};
  }
  Slot operator()(const HoldTrigger& t) const { return {kind_of<NoteHeld>(), t.channel, t.note}; }
  Slot operator()(const DoubleTapTrigger& t) const {
    return {kind_of<NoteDoubleTapped>(), t.channel, t.note};
  }
  Slot operator()(const ChordTrigger& t) const {
    return {kind_of<ChordPressed>(), t.chord.channel, static_cast<std::uint8_t>(named & 0x7FU)};
  }
  Slot operator()(const EncoderTrigger& t) const {
    return {kind_of<EncoderTurned>(), t.channel, t.controller};
  }
  Slot operator()(const PressureTrigger& t) const {
    if (t.of_notes) return {kind_of<NotePressureChanged>(), t.channel, t.note};
    return {kind_of<PressureChanged>(), t.channel, kNone};
  }
  Slot operator()(const BendTrigger& t) const { return {kind_of<BendChanged>(), t.channel, kNone}; }
  Slot operator()(const ProgramTrigger& t) const {
    return {kind_of<ProgramChanged>(), t.channel, t.program};
  }
  Slot operator()(const ParameterTrigger& t) const {
    return {kind_of<ParameterChanged>(), t.channel, static_cast<std::uint8_t>(t.parameter & 0x7FU)};
  }
  Slot operator()(const SysexTrigger& /*t*/) const {
    return {kind_of<SysexReceived>(), kNone, static_cast<std::uint8_t>(named & 0x7FU)};
  }
  Slot operator()(const TransportTrigger& t) const {
    return {kind_of<TransportChanged>(), kNone, static_cast<std::uint8_t>(t.what)};
  }
  Slot operator()(const BeatTrigger& /*t*/) const { return {kind_of<BeatReached>(), kNone, kNone}; }
};

// The key within its kind's slots that a gesture is looked up by.
struct KeyOfGesture {
  std::uint16_t operator()(const ChordPressed& chord) const {
    return key_of(chord.channel, static_cast<std::uint8_t>(chord.chord & 0x7FU));
  }
  std::uint16_t operator()(const ParameterChanged& change) const {
    return key_of(change.channel, static_cast<std::uint8_t>(change.parameter & 0x7FU));
  }
  std::uint16_t operator()(const SysexReceived& sysex) const {
    return key_of(kNone, static_cast<std::uint8_t>(sysex.pattern & 0x7FU));
  }
  std::uint16_t operator()(const TransportChanged& change) const {
    return key_of(kNone, static_cast<std::uint8_t>(change.what));
  }
  std::uint16_t operator()(const BeatReached& /*beat*/) const { return key_of(kNone, kNone); }
  std::uint16_t operator()(const ProgramChanged& change) const {
    return key_of(change.channel, change.program);
  }
  template <typename What>
  std::uint16_t operator()(const What& what) const {
    if constexpr (requires { what.note; }) {
      return key_of(what.channel, what.note);
    } else if constexpr (requires { what.controller; }) {
      return key_of(what.channel, what.controller);
    } else {
      return key_of(what.channel, kNone);
    }
  }
};

// Where a channel has what listens to any number.
constexpr std::size_t any_number(std::size_t channel) {
  return kKeys + channel;
}

template <typename Visit>
void for_each_place(const Slot& slot, const Visit& visit) {
  for (std::uint8_t channel = slot.channel.value_or(0); channel <= slot.channel.value_or(15);
       ++channel) {
    visit(slot.number ? key_of(channel, *slot.number) : any_number(channel));
  }
}

}  // namespace

const Facts& no_facts() {
  static const NoFacts facts;
  return facts;
}

bool is_about(const Trigger& trigger, std::uint32_t named, const Gesture& gesture) {
  const Slot slot = std::visit(SlotOfTrigger{named}, trigger);
  const auto number = static_cast<std::uint8_t>(std::visit(KeyOfGesture{}, gesture.what) & 0x7FU);
  return slot.kind == gesture.what.index() && slot.number.value_or(number) == number;
}

Mapper::Mapper(std::shared_ptr<const Profile> profile, const Facts& facts,
               std::optional<std::size_t> device)
    : profile_(std::move(profile)), facts_(facts), device_(device) {
  GestureRulesBuilder builder;
  modes_.reserve(profile_->modes.size());
  for (std::size_t mode = 0; mode < profile_->modes.size(); ++mode)
    modes_.push_back(make_index(profile_->modes[mode].mappings, mode, builder));
  global_ = make_index(profile_->global_mappings, std::nullopt, builder);
  rules_ = builder.build(profile_->modes.size());
}

// Asks the builder for what the trigger needs, and gives what that is called.
std::uint32_t Mapper::wish(const Trigger& trigger, GestureRulesBuilder::Mode mode,
                           GestureRulesBuilder& builder) const {
  if (const auto* hold = std::get_if<HoldTrigger>(&trigger)) {
    builder.add_hold(mode, hold->channel, hold->note, hold->duration);
  } else if (const auto* tap = std::get_if<DoubleTapTrigger>(&trigger)) {
    builder.add_double_tap(mode, tap->channel, tap->note, tap->timeout);
  } else if (const auto* turn = std::get_if<EncoderTrigger>(&trigger)) {
    builder.add_control(turn->channel, turn->controller, bit_of(turn->encoding));
  } else if (const auto* control = std::get_if<ControlTrigger>(&trigger)) {
    if (control->wide) builder.add_control(control->channel, control->controller, kWideControl);
  } else if (const auto* chord = std::get_if<ChordTrigger>(&trigger)) {
    return builder.add_chord(mode, chord->chord);
  } else if (const auto* sysex = std::get_if<SysexTrigger>(&trigger)) {
    return builder.add_pattern(sysex->pattern);
  }
  return 0;
}

Mapper::Index Mapper::make_index(std::span<const Mapping> mappings, GestureRulesBuilder::Mode mode,
                                 GestureRulesBuilder& builder) const {
  Index index;
  std::vector<const Mapping*> listening;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> named;
  const auto each_range = [&index](const Slot& slot, const auto& visit) {
    for_each_place(slot, [&](std::size_t place) { visit((*index.slots[slot.kind])[place]); });
  };
  for (const Mapping& mapping : mappings) {
    if (mapping.device && mapping.device != device_) continue;
    listening.push_back(&mapping);
    named.push_back(wish(mapping.trigger, mode, builder));
    slots.push_back(std::visit(SlotOfTrigger{named.back()}, mapping.trigger));
    if (!index.slots[slots.back().kind]) {
      index.slots[slots.back().kind] = std::make_unique<Slots>();
    }
    each_range(slots.back(), [](Range& range) { ++range.end; });
  }
  // What was counted becomes where each begins; then they fill up.
  std::uint32_t total = 0;
  for (const auto& kind : index.slots) {
    if (!kind) continue;
    for (Range& range : *kind) {
      range.begin = total;
      total += std::exchange(range.end, total);
    }
  }
  index.entries.resize(total);
  for (std::size_t i = 0; i < listening.size(); ++i) {
    each_range(slots[i], [&](Range& range) {
      index.entries[range.end++] = {listening[i], named[i]};
    });
  }
  return index;
}

void Mapper::match(const Gesture& gesture, std::vector<const Mapping*>& out) const {
  out.clear();
  const std::size_t mode = gesture.mode < modes_.size() ? gesture.mode : mode_;
  if (collect(modes_[mode], gesture, mode, out)) (void)collect(global_, gesture, mode, out);
}

// False once a mapping consumed the event.
bool Mapper::collect(const Index& index, const Gesture& gesture, std::size_t mode,
                     std::vector<const Mapping*>& out) const {
  const auto& slots = index.slots[gesture.what.index()];
  if (!slots) return true;
  const std::uint16_t key = std::visit(KeyOfGesture{}, gesture.what);
  Range one = (*slots)[key];
  Range any = (*slots)[any_number(key >> 7U)];
  const auto is_over = [](const Range& range) { return range.begin == range.end; };
  while (!is_over(one) || !is_over(any)) {
    // Both are in file order, in which the mappings also lie in memory.
    const bool from_any = is_over(one) || (!is_over(any) && index.entries[any.begin].mapping <
                                                                index.entries[one.begin].mapping);
    const Entry& entry = index.entries[from_any ? any.begin++ : one.begin++];
    if (!matches(entry.mapping->trigger, gesture, entry.named)) continue;
    if (entry.mapping->condition && !holds(*entry.mapping->condition, mode, facts_)) continue;
    out.push_back(entry.mapping);
    if (entry.mapping->consume) return false;
  }
  return true;
}

std::uint32_t Mapper::name_of(const Trigger& trigger) const {
  const auto index = [](const auto& all, const auto& one) {
    return static_cast<std::uint32_t>(std::find(all.begin(), all.end(), one) - all.begin());
  };
  if (const auto* chord = std::get_if<ChordTrigger>(&trigger)) {
    return index(rules_->chords(), chord->chord);
  }
  if (const auto* sysex = std::get_if<SysexTrigger>(&trigger)) {
    return index(rules_->patterns(), sysex->pattern);
  }
  return 0;
}

bool Mapper::set_mode(std::size_t mode) {
  if (mode >= modes_.size()) return false;
  mode_ = mode;
  return true;
}

}  // namespace midimon
