#include "desktop/open_input.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "desktop/uinput_input.h"
#include "desktop/wayland_input.h"
#include "desktop/x11_input.h"

namespace midimon {
namespace {

struct Backend {
  std::string_view name;
  const char* variable;  // that names where it is; null: it needs none
  Result<std::unique_ptr<InputDevice>> (*open)(const std::string& where);
};

constexpr std::array kBackends = {
    Backend{"wayland", "WAYLAND_DISPLAY", open_wayland_input},
    Backend{"x11", "DISPLAY", open_x11_input},
    Backend{"uinput", nullptr, [](const std::string&) { return open_uinput_input(kUinputFile); }},
};

}  // namespace

Result<std::unique_ptr<InputDevice>> open_input_device(const Environment& environment) {
  const std::optional<std::string> wish = environment("MIDIMON_INPUT");
  std::string problems;
  bool known = !wish;
  for (const Backend& backend : kBackends) {
    if (wish && *wish != backend.name) continue;
    known = true;
    const std::optional<std::string> where =
        backend.variable == nullptr ? std::string() : environment(backend.variable);
    if (!where && !wish) continue;
    auto device = backend.open(where.value_or(""));
    if (device) return device;
    problems += (problems.empty() ? "" : "; and ") + device.error().message;
  }
  if (!known) {
    return fail(ErrorCode::invalid, fmt::format("MIDIMON_INPUT is wayland, x11 or uinput, not "
                                                "\"{}\"",
                                                escape_line(*wish)));
  }
  return fail(ErrorCode::unsupported, problems);
}

}  // namespace midimon
