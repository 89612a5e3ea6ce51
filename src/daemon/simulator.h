// Plays a script through a profile in virtual time and tells all that comes of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "daemon/script.h"
#include "mapping/profile.h"
#include "midimon/result.h"

namespace midimon {

// One thing that comes of a script, at a time after its start.
struct StoryLine {
  enum class Kind { input, gesture, mode, mapping, action };

  Nanos at{};
  Kind kind = Kind::input;
  std::string text;          // fit to be shown
  std::uint32_t line = 0;    // of a mapping: where it stands in the profile
  std::string_view outcome;  // of an action: "Ok", "NotRun", ...
};

// "input", "gesture", "mode", "mapping" or "action".
[[nodiscard]] std::string_view to_string(StoryLine::Kind kind);

// As simulate() does, with each line in its parts.
Result<void> tell(std::shared_ptr<const Profile> profile, const Script& script,
                  const std::function<void(const StoryLine&)>& tell);

// Calls `print` with one line at a time, without its newline: what comes in, what it is (unless it
// may yet become something else and nobody asks for that), the mappings it calls for, what becomes
// of their actions. No plugin is called: each call is shown with its params and answered with Ok at
// once. Conditions see the script's own time of the week, and of the world outside what it says.
// The same script and profile give the same lines, always. After the script it goes on until
// nothing is waited for. Error: not_found, an event comes from a device that the profile has not;
// what came before is told.
Result<void> simulate(std::shared_ptr<const Profile> profile, const Script& script,
                      const std::function<void(std::string_view)>& print);

}  // namespace midimon
