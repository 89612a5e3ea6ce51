#include "daemon/performer.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

namespace midimon {
namespace {

int acceleration_of(const Mapping& mapping) {
  const auto* turn = std::get_if<EncoderTrigger>(&mapping.trigger);
  return turn == nullptr ? 1 : turn->acceleration;
}

// Whether each value that a trigger asks for is meant by itself, as a press is, and not stood for
// by the next: one that came to be so high, or the only one that it may be, as of a button.
bool asks_for_presses(const Trigger& trigger) {
  return std::visit(
      [](const auto& t) {
        if constexpr (requires { t.edge; }) {
          if (t.edge != Edge::none) return true;
        }
        if constexpr (requires { t.value_min, t.value_max; }) return t.value_min == t.value_max;
        if constexpr (requires { t.min, t.max; }) return t.min == t.max;
        return false;
      },
      trigger);
}

// What may become of a call that this event asks for when there are too many, and which events are
// about the same note or controller.
std::pair<Delivery, std::uint32_t> delivery_of(const Gesture& gesture, const Trigger& trigger) {
  const auto lane = [&](std::uint32_t number) {
    return std::uint32_t{gesture.source} << 24U | number;
  };
  const Delivery values = asks_for_presses(trigger) ? Delivery::once : Delivery::latest;
  return std::visit(
      [&](const auto& what) -> std::pair<Delivery, std::uint32_t> {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, NoteReleased>) {
          return {Delivery::always, lane(key_of(what.channel, what.note))};
        } else if constexpr (
            requires { what.value, what.previous; } || requires { what.pressure, what.previous; }) {
          std::uint32_t number = std::uint32_t{what.channel} << 7U;
          if constexpr (requires { what.controller; }) number |= what.controller;
          if constexpr (requires { what.note; }) number |= what.note;
          return {values, lane(number)};
        } else if constexpr (std::is_same_v<What, ParameterChanged>) {
          return {values, lane(std::uint32_t{what.channel} << 14U | what.parameter)};
        } else {
          return {Delivery::once, 0};
        }
      },
      gesture.what);
}

}  // namespace

Performer::Performer(const std::shared_ptr<const Profile>& profile, const Callers& callers,
                     const Facts& facts, PerformerHooks hooks)
    : facts_(facts),
      hooks_(std::move(hooks)),
      recognizer_(profile, facts,
                  {[this](const Gesture& gesture, std::span<const Mapping* const> mappings) {
                     run(gesture, mappings);
                   },
                   [this](std::size_t before, std::size_t now) {
                     changes_.emplace_back(before, now);
                     if (hooks_.mode_changed) hooks_.mode_changed(now);
                   }}),
      dispatcher_(callers.plugins, callers.system,
                  {hooks_.report, [this](std::size_t mode) { (void)recognizer_.set_mode(mode); },
                   hooks_.wake,
                   [this](const Condition& condition) {
                     return holds(condition, recognizer_.mapper().mode(), facts_);
                   },
                   hooks_.asks}) {}

void Performer::feed(const Message& message, Nanos at, Nanos now, std::size_t source) {
  set_times(at, now);
  recognizer_.feed(message, at, source);
  run_mode_actions();
}

void Performer::feed_sysex(std::span<const std::uint8_t> bytes, Nanos at, Nanos now,
                           std::size_t source) {
  set_times(at, now);
  recognizer_.feed_sysex(bytes, at, source);
  run_mode_actions();
}

void Performer::advance(Nanos at, Nanos now) {
  set_times(at, now);
  recognizer_.advance(at);
  run_mode_actions();
}

void Performer::disconnect(Nanos at, Nanos now) {
  set_times(at, now);
  recognizer_.disconnect(at);
  run_mode_actions();
}

void Performer::disconnect_source(std::size_t source, Nanos at, Nanos now) {
  set_times(at, now);
  recognizer_.disconnect_source(source, at);
  run_mode_actions();
}

void Performer::set_mode(std::size_t mode) {
  (void)recognizer_.set_mode(mode);
  changes_.clear();
}

void Performer::set_times(Nanos at, Nanos now) {
  at_ = at;
  now_ = now;
}

void Performer::advance_actions(Nanos now) {
  now_ = now;
  dispatcher_.advance(now);
  run_mode_actions();
}

void Performer::run(const Gesture& gesture, std::span<const Mapping* const> mappings) {
  matched_ += mappings.size();
  if (hooks_.found) hooks_.found(gesture, mappings);
  const std::shared_ptr<const Profile>& profile = mapper().profile();
  for (const Mapping* mapping : mappings) {
    const Dispatcher::RunId run =
        dispatcher_.dispatch(std::shared_ptr<const Action>(profile, &mapping->action),
                             context_of(gesture, *mapping), now_);
    const bool held = mapping->on_release || mapping->cancel_on_release || is_held(mapping->action);
    if (const auto key = note_key(gesture); held && key) held_.push_back({*key, mapping, run});
  }
  if (!held_.empty() && std::holds_alternative<NoteReleased>(gesture.what)) let_go(gesture);
}

// Ends what lasts until the note is released, whatever the mode is by now.
void Performer::let_go(const Gesture& release) {
  const std::uint32_t key = *note_key(release);
  const auto others = std::stable_partition(held_.begin(), held_.end(),
                                            [key](const Held& held) { return held.key != key; });
  const std::vector<Held> ended(others, held_.end());
  held_.erase(others, held_.end());
  for (const Held& held : ended) {
    if (held.mapping->cancel_on_release) {
      dispatcher_.cancel(held.run, now_);
    } else {
      dispatcher_.release(held.run, now_);
    }
    if (!held.mapping->on_release) continue;
    dispatcher_.dispatch(
        std::shared_ptr<const Action>(mapper().profile(), &*held.mapping->on_release),
        context_of(release, *held.mapping), now_);
  }
}

ActionContext Performer::context_of(const Gesture& gesture, const Mapping& mapping) const {
  const std::size_t mode = gesture.mode == kCurrentMode ? mapper().mode() : gesture.mode;
  ActionContext context;
  context.description = mapping.description;
  context.velocity = velocity_of(gesture);
  context.mode = static_cast<int>(mode);
  context.values = values_of(gesture, acceleration_of(mapping));
  std::tie(context.delivery, context.lane) = delivery_of(gesture, mapping.trigger);
  std::tie(context.event_time, context.timestamp_ms) = hooks_.time_of(gesture.at);
  return context;
}

// These change no mode, so that this comes to an end.
void Performer::run_mode_actions() {
  const std::vector<Mode>& modes = mapper().profile()->modes;
  for (const auto& [before, after] : std::exchange(changes_, {})) {
    run_mode_action(modes[before].on_exit, "leave", before);
    run_mode_action(modes[after].on_enter, "enter", after);
  }
}

void Performer::run_mode_action(const std::optional<Action>& action, std::string_view what,
                                std::size_t mode) {
  if (!action) return;
  ActionContext context;
  context.description = fmt::format("{} mode {}", what, mapper().profile()->modes[mode].name);
  context.mode = static_cast<int>(mode);
  context.timestamp_ms = hooks_.time_of(at_).second;
  context.event_time = now_;
  dispatcher_.dispatch(std::shared_ptr<const Action>(mapper().profile(), &*action),
                       std::move(context), now_);
}

}  // namespace midimon
