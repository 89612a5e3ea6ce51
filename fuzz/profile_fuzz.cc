// parse_profile: whatever a profile's text is, the answer is a profile that keeps its promises, or
// problems that a terminal can show, each with its place.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "mapping/profile_toml.h"

namespace midimon::fuzz {
namespace {

bool is_midi(std::uint8_t value) {
  return value <= 127;
}
bool is_channel(const std::optional<std::uint8_t>& channel) {
  return !channel || *channel <= 15;
}

void check_trigger(const NoteTrigger& t) {
  check(is_midi(t.note) && is_channel(t.channel), "a note is one of MIDI's");
  check(t.velocity_min <= t.velocity_max && is_midi(t.velocity_max), "velocities are a range");
}
void check_trigger(const ControlTrigger& t) {
  check(is_midi(t.controller) && is_channel(t.channel), "a controller is one of MIDI's");
  check(t.value_min <= t.value_max && is_midi(t.value_max), "values are a range");
}

void check_mappings(const std::vector<Mapping>& mappings) {
  for (const Mapping& mapping : mappings)
    std::visit([](const auto& trigger) { check_trigger(trigger); }, mapping.trigger);
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
  } else {
    fuzz::check(!profile.error().message.empty(), "an error says something");
    if (profile.error().code == ErrorCode::invalid) fuzz::check_problems(profile.error().message);
  }
  return 0;
}
