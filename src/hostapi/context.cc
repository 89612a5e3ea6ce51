#include "hostapi/context.h"

#include <fmt/format.h>

#include "base/text.h"
#include "hostapi/open_things.h"

namespace midimon::hostapi {
namespace {

constexpr std::string_view kTooManyLaunches =
    "A plugin may open or start 6 things at once, and then one each 10 seconds.";
static_assert(LaunchBudget::kAtOnce == 6 && LaunchBudget::kEach == std::chrono::seconds(10));

}  // namespace

LogBudget::Verdict LogBudget::ask(std::size_t bytes, Nanos now) {
  const std::lock_guard lock(mutex_);
  Verdict verdict;
  if (!minute_start_ || now - *minute_start_ >= std::chrono::minutes(1)) {
    minute_start_ = now;
    used_ = 0;
    verdict.dropped_before = dropped_;
    dropped_ = 0;
  }
  verdict.allowed = bytes <= limit_ - used_;
  if (verdict.allowed) {
    used_ += bytes;
  } else {
    ++dropped_;
  }
  return verdict;
}

Context::Context(const ContextParts& parts)
    : parts_(parts), open_(std::make_unique<OpenThings>(parts.connections)) {}
Context::~Context() = default;

void Context::close() {
  open_->close();
}

bool Context::allows(const grants::Rule& what) {
  if (parts_.gate.allows(parts_.permissions, what)) return true;
  explain(Answer::not_granted,
          fmt::format("The plugin was not granted {}.", escape_line(grants::to_grant(what))));
  return false;
}

bool Context::may_launch(const grants::Rule& what) {
  const Nanos wait = parts_.launches.take(parts_.clock.monotonic());
  if (wait == Nanos{}) return true;
  parts_.gate.refuse_for_now(what, kTooManyLaunches);
  explain(Answer::failed,
          fmt::format("{} The plugin has done so: the next in {} s.", kTooManyLaunches,
                      std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return false;
}

void Context::log(LogLevel level, std::string_view text) {
  const LogBudget::Verdict verdict = parts_.budget.ask(text.size(), parts_.clock.monotonic());
  if (verdict.dropped_before > 0) {
    parts_.log.write(
        LogLevel::warning, parts_.source,
        fmt::format("{} log lines of the last minute were dropped: the plugin may log 64 KiB "
                    "a minute",
                    verdict.dropped_before));
  }
  if (verdict.allowed)
    parts_.log.write(level, parts_.source, escape_line(text.substr(0, kMaxLogLine)));
}

}  // namespace midimon::hostapi
