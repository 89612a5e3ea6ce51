// parse_profile: whatever a profile's text is, the answer is a profile that keeps its promises,
// also when it is played, or problems that a terminal can show, each with its place.
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/check.h"
#include "mapping/flaws.h"
#include "mapping/profile_toml.h"
#include "mapping/recognizer.h"

namespace midimon::fuzz {
namespace {

bool is_midi(std::uint8_t value) {
  return value <= 127;
}
bool is_channel(const std::optional<std::uint8_t>& channel) {
  return !channel || *channel <= 15;
}

void check_range(int min, int max, int most) {
  check(min >= 0 && min <= max && max <= most, "values are a range");
}

// What holds of every kind of trigger that has these.
template <typename T>
void check_trigger(const T& t) {
  if constexpr (requires { is_midi(t.note); }) check(is_midi(t.note), "a note is one of MIDI's");
  if constexpr (requires { t.controller; }) check(is_midi(t.controller), "so is a controller");
  if constexpr (requires { is_channel(t.channel); }) check(is_channel(t.channel), "and a channel");
  if constexpr (requires { t.velocity_min; }) check_range(t.velocity_min, t.velocity_max, 127);
  if constexpr (requires { t.value_min; }) check_range(t.value_min, t.value_max, 16383);
  if constexpr (requires { t.min; }) check_range(t.min, t.max, 16383);
  if constexpr (requires { t.duration; }) check(t.duration > Nanos{}, "a hold takes time");
  if constexpr (requires { t.chord; }) {
    check(t.chord.notes.size() > 1, "a chord has notes");
    check(t.chord.timeout > Nanos{}, "and time for them");
  }
  if constexpr (requires { t.offset; })
    check(t.offset < t.every, "a beat's offset is in its round");
}

void check_mappings(const std::vector<Mapping>& mappings) {
  for (const Mapping& mapping : mappings) {
    std::visit([](const auto& trigger) { check_trigger(trigger); }, mapping.trigger);
    check(is_safe_to_show(describe(mapping.trigger)), "a trigger can be shown");
    check(covers(mapping.trigger, mapping.trigger), "a trigger covers itself");
    check(count_steps(mapping.action) <= kMaxSteps * kMaxProfileBytes, "an action comes to an end");
  }
}

// Presses, turns and waits of all kinds, which the profile's own mappings answer.
void play(Profile profile) {
  const Mapper* mapper = nullptr;
  Recognizer recognizer(
      std::make_shared<const Profile>(std::move(profile)), no_facts(),
      {[&mapper](const Gesture& gesture, std::span<const Mapping* const> mappings) {
        for (const Mapping* mapping : mappings) {
          check(matches(mapping->trigger, gesture, mapper->name_of(mapping->trigger)),
                "what is found was asked for");
        }
      }});
  mapper = &recognizer.mapper();
  Nanos now{};
  for (int note = 0; note < 128; ++note, now += std::chrono::milliseconds(7)) {
    recognizer.feed(make_message(MessageKind::note_on, note, note, 1 + note % 127), now);
    recognizer.feed(make_message(MessageKind::control_change, note, note, note), now);
    if (note % 2 == 0) {
      recognizer.feed(make_message(MessageKind::note_off, note, note), now);
    }
  }
  recognizer.advance(now + std::chrono::hours(1));
  check(!recognizer.next_deadline(), "every wait ends");
  recognizer.disconnect(now + std::chrono::hours(1));
}

void check_profile(const Profile& profile) {
  check(!profile.modes.empty(), "a profile has a mode");
  std::set<std::string_view> names;
  for (const Mode& mode : profile.modes) {
    check(names.insert(mode.name).second, "the names of modes are unique");
    check_mappings(mode.mappings);
  }
  check_mappings(profile.global_mappings);
  for (const auto& [id, plugin] : profile.plugins) {
    check(is_plugin_id(id), "a plugin's id is one");
    check(std::set(plugin.grant.begin(), plugin.grant.end()).size() == plugin.grant.size(),
          "a capability is granted once");
  }
  for (const ProfileNote& note : profile.notes)
    check(is_safe_to_show(note.text), "a note can be shown");
  for (const Flaw& flaw : find_flaws(profile))
    check(is_safe_to_show(flaw.text), "a flaw can be shown");
}

void check_problems(std::string_view message) {
  check(is_safe_to_show(message, "\n"), "a problem can be shown");
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    check(message.starts_with("p.toml:"), "a problem names its place");
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  const auto profile = parse_profile({reinterpret_cast<const char*>(data), size}, "p.toml");
  if (profile) {
    fuzz::check_profile(*profile);
    fuzz::play(*profile);
  } else {
    fuzz::check(!profile.error().message.empty(), "an error says something");
    if (profile.error().code == ErrorCode::invalid) fuzz::check_problems(profile.error().message);
  }
  return 0;
}
