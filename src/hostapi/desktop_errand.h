// How the host functions ask the desktop, and turn what it answers into an Answer.
#pragma once

#include <optional>
#include <string_view>

#include "actions/desktop_caller.h"
#include "actions/system_caller.h"
#include "hostapi/context.h"
#include "hostapi/guest.h"

namespace midimon::hostapi {

// The Answer for an error, with its sentence for last_error.
Answer explain_error(Context& context, const Error& error);

// What came of a request; none where it went wrong, and then `answer` says how.
struct Asked {
  std::optional<DesktopAnswer> value;
  Answer answer = Answer::ok;
};
Asked ask_desktop(Context& context, HostCall& call, DesktopRequest request);

// The same for what mappings do, too.
Answer ask_system(Context& context, HostCall& call, SystemRequest request);

// Whether the plugin was granted the word of `systemcontrol`.
[[nodiscard]] bool may_control(Context& context, std::string_view word);

// The same, but for whether it may start something now: Context::may_launch().
[[nodiscard]] bool may_launch(Context& context, std::string_view word);

}  // namespace midimon::hostapi
