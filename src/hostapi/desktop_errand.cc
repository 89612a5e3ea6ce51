#include "hostapi/desktop_errand.h"

#include <string>
#include <utility>

#include "hostapi/errand.h"

namespace midimon::hostapi {

Answer explain_error(Context& context, const Error& error) {
  const Answer why = error.code == ErrorCode::unsupported ? Answer::unavailable
                     : error.code == ErrorCode::not_found ? Answer::not_found
                     : error.code == ErrorCode::limit     ? Answer::too_large
                                                          : Answer::failed;
  return context.explain(why, error.message);
}

Asked ask_desktop(Context& context, HostCall& call, DesktopRequest request) {
  DesktopCaller* desktop = context.services().desktop;
  if (desktop == nullptr) {
    return {{}, context.explain(Answer::unavailable, "This host gives plugins no desktop.")};
  }
  auto result = run_errand<Result<DesktopAnswer>>(
      context, call, [&](std::stop_token stop, DesktopCaller::Done done) {
        desktop->ask(std::move(request), std::move(stop), std::move(done));
      });
  if (!result) return {{}, Answer::timed_out};  // which nobody reads: the guest ends
  if (!*result) return {{}, explain_error(context, result->error())};
  return {std::move(**result), Answer::ok};
}

Answer ask_system(Context& context, HostCall& call, SystemRequest request) {
  SystemCaller* system = context.services().system;
  if (system == nullptr) {
    return context.explain(Answer::unavailable, "This host gives plugins no keyboard and mouse.");
  }
  const auto report = run_errand<SystemReport>(
      context, call, [&](std::stop_token stop, std::function<void(SystemReport)> done) {
        system->call(std::move(request), std::move(stop), std::move(done));
      });
  if (!report) return Answer::timed_out;
  if (report->outcome == Outcome::ok) return Answer::ok;
  return context.explain(Answer::failed, report->message);
}

bool may_launch(Context& context, std::string_view word) {
  return context.may_launch(grants::WordRule{CapabilityKind::systemcontrol, std::string(word)});
}

bool may_control(Context& context, std::string_view word) {
  return context.allows(grants::WordRule{CapabilityKind::systemcontrol, std::string(word)});
}

}  // namespace midimon::hostapi
