#include "mapping/mapper.h"

#include <numeric>
#include <utility>

namespace midimon {
namespace {

bool within(std::uint8_t value, std::uint8_t min, std::uint8_t max) {
  return value >= min && value <= max;
}

bool on_channel(const std::optional<std::uint8_t>& wanted, std::uint8_t channel) {
  return !wanted || *wanted == channel;
}

bool matches(const Trigger& trigger, const NotePressed& press) {
  const auto* note = std::get_if<NoteTrigger>(&trigger);
  return note != nullptr && note->note == press.note && on_channel(note->channel, press.channel) &&
         within(press.velocity, note->velocity_min, note->velocity_max);
}

bool matches(const Trigger& trigger, const ControlChanged& change) {
  const auto* control = std::get_if<ControlTrigger>(&trigger);
  return control != nullptr && control->controller == change.controller &&
         on_channel(control->channel, change.channel) &&
         within(change.value, control->value_min, control->value_max);
}

constexpr std::size_t note_slot(std::uint8_t note) {
  return note & 0x7FU;
}
constexpr std::size_t control_slot(std::uint8_t controller) {
  return 128 + (controller & 0x7FU);
}

}  // namespace

Mapper::Mapper(std::shared_ptr<const Profile> profile)
    : profile_(std::move(profile)), global_(make_index(profile_->global_mappings)) {
  modes_.reserve(profile_->modes.size());
  for (const Mode& mode : profile_->modes)
    modes_.push_back(make_index(mode.mappings));
}

void Mapper::match(const Gesture& gesture, std::vector<const Mapping*>& out) const {
  out.clear();
  const auto in_both = [&](std::size_t slot, const auto& happened) {
    collect(modes_[mode_], slot, happened, out);
    collect(global_, slot, happened, out);
  };
  if (const auto* press = std::get_if<NotePressed>(&gesture.what)) {
    in_both(note_slot(press->note), *press);
  } else if (const auto* change = std::get_if<ControlChanged>(&gesture.what)) {
    in_both(control_slot(change->controller), *change);
  }
}

bool Mapper::set_mode(std::size_t mode) {
  if (mode >= modes_.size()) return false;
  mode_ = mode;
  return true;
}

std::size_t Mapper::slot_of(const Trigger& trigger) {
  if (const auto* note = std::get_if<NoteTrigger>(&trigger)) return note_slot(note->note);
  return control_slot(std::get<ControlTrigger>(trigger).controller);
}

Mapper::Index Mapper::make_index(std::span<const Mapping> mappings) {
  Index index;
  for (const Mapping& mapping : mappings)
    ++index.begin[slot_of(mapping.trigger) + 1];
  std::partial_sum(index.begin.begin(), index.begin.end(), index.begin.begin());
  auto next = index.begin;
  index.entries.resize(mappings.size());
  for (const Mapping& mapping : mappings)
    index.entries[next[slot_of(mapping.trigger)]++] = &mapping;
  return index;
}

template <typename Happened>
void Mapper::collect(const Index& index, std::size_t slot, const Happened& happened,
                     std::vector<const Mapping*>& out) {
  for (std::uint32_t i = index.begin[slot]; i < index.begin[slot + 1]; ++i) {
    if (matches(index.entries[i]->trigger, happened)) out.push_back(index.entries[i]);
  }
}

}  // namespace midimon
