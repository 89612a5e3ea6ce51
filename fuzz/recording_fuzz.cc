// parse_recording and replay: whatever a recording's text is, it is refused with words that a
// terminal can show, or played to an end with the same result twice.
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "daemon/learner.h"
#include "daemon/recording.h"
#include "daemon/replay.h"
#include "fuzz/check.h"
#include "mapping/profile_toml.h"

namespace midimon::fuzz {
namespace {

constexpr std::string_view kProfile = R"(
[plugins.p]
[[devices]]
alias = "pads"
name = "pad"
[[modes]]
name = "A"
[[modes.mappings]]
description = "go"
trigger = { type = "Note", note = 60 }
action = { type = "Sequence", actions = [{ type = "Plugin", plugin = "p", action = "a" }, { type = "ModeChange", mode = "B" }] }
[[modes]]
name = "B"
[[global_mappings]]
device = "pads"
trigger = { type = "LongPress", note = 61, duration_ms = 10 }
condition = { type = "AppRunning", app_name = "obs" }
action = { type = "Keystroke", keys = "a", hold = true }
[[global_mappings]]
trigger = { type = "CC", cc = 7 }
condition = { type = "TimeRange", start = "22:00", end = "06:00" }
action = { type = "VolumeControl", operation = "Set", value = "{value:0..100}" }
)";

// As lines that a terminal can show.
std::string play(const Recording& recording, const std::shared_ptr<const Profile>& profile) {
  const ReplayResult result = replay(recording, profile);
  std::string out;
  for (const RecordedEvent& event : result.events)
    out += std::to_string(event.at.count()) + " " + describe(event) + "\n";
  for (const std::string& difference : result.differences)
    out += difference + "\n";
  return out;
}

void learn(const Recording& recording) {
  Learner learner;
  for (const RecordedEvent& event : recording.events) {
    const auto* message = std::get_if<RecordedMessage>(&event.what);
    if (message == nullptr) continue;
    learner.feed(message->input, message->message, message->sysex, event.at);
    if (const auto learned = learner.take(event.at)) {
      const auto profile =
          parse_profile("[[modes]]\nname = \"A\"\n" + mapping_toml(*learned), "learned");
      check(profile.has_value(), "what was learned can be put into a profile");
    }
  }
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  static const auto profile = [] {
    auto parsed = parse_profile(fuzz::kProfile, "p.toml");
    fuzz::check(parsed.has_value(), "the fuzzer's own profile can be read");
    return std::make_shared<const Profile>(std::move(*parsed));
  }();
  const auto recording = parse_recording({reinterpret_cast<const char*>(data), size}, "r");
  if (!recording) {
    fuzz::check(fuzz::is_safe_to_show(recording.error().message, "\n"), "an error can be shown");
    return 0;
  }
  if (recording->events.size() > 2000) return 0;
  const std::string first = fuzz::play(*recording, profile);
  fuzz::check(fuzz::is_safe_to_show(first, "\n"), "what comes of it can be shown");
  fuzz::check(fuzz::play(*recording, profile) == first, "it is the same every time");
  fuzz::learn(*recording);
  return 0;
}
