// parse_script and simulate: whatever a script's text is, it is refused with words that a terminal
// can show, or its times go forward and playing it comes to an end, in lines that can be shown.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "daemon/script.h"
#include "daemon/simulator.h"
#include "fuzz/check.h"
#include "mapping/profile_toml.h"

namespace midimon::fuzz {
namespace {

constexpr std::string_view kProfile = R"(
[[modes]]
name = "A"
[[modes]]
name = "B"
[[modes.mappings]]
trigger = { type = "CC", cc = 7, edge = "rising" }
action = { type = "ModeChange", mode = "A" }
[[global_mappings]]
trigger = { type = "Note", note = "C2" }
action = { type = "ModeChange", mode = "B", while_held = true }
[[global_mappings]]
trigger = { type = "LongPress", note = "C2", duration_ms = 100 }
condition = { type = "TimeRange", start = "22:00", end = "06:00" }
action = { type = "Repeat", count = 3, delay_ms = 50, action = { type = "Plugin", plugin = "p", action = "a", params = { n = "{note_name} {velocity:0..1.0:s-curve}" } } }
[[global_mappings]]
trigger = { type = "DoubleTap", note = "E2" }
action = { type = "Delay", ms = 5 }
[[global_mappings]]
trigger = { type = "NoteChord", notes = ["C2", "E2"] }
action = { type = "Delay", ms = 5 }
[[global_mappings]]
trigger = { type = "EncoderTurn", cc = 1, acceleration = 64 }
action = { type = "Plugin", plugin = "p", action = "a", params = { n = "{steps}" } }
[[global_mappings]]
trigger = { type = "SysEx", pattern = "7E ?? *" }
action = { type = "Delay", ms = 0 }
[[global_mappings]]
trigger = { type = "Beat", every = 2 }
action = { type = "Delay", ms = 0 }
[plugins.p]
module = "p.wasm"
)";

std::shared_ptr<const Profile> profile() {
  auto parsed = parse_profile(kProfile, "p.toml");
  check(parsed.has_value(), "the fuzzer's own profile can be read");
  return std::make_shared<const Profile>(std::move(*parsed));
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  static const auto profile = fuzz::profile();
  const auto script = parse_script({reinterpret_cast<const char*>(data), size}, "s");
  if (!script) {
    fuzz::check(!script.error().message.empty(), "an error says something");
    fuzz::check(fuzz::is_safe_to_show(script.error().message, "\n"), "an error can be shown");
    return 0;
  }
  Nanos last{};
  for (const ScriptStep& step : script->steps) {
    fuzz::check(step.at >= last, "times do not go back");
    last = step.at;
  }
  if (script->steps.size() > 2000) return 0;
  simulate(profile, *script, [](std::string_view line) {
    fuzz::check(fuzz::is_safe_to_show(line), "a line can be shown");
  });
  return 0;
}
