#include "hostapi/context.h"

#include <fmt/format.h>

#include "base/text.h"

namespace midimon::hostapi {

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

void Context::log(LogLevel level, std::string_view text) {
  const LogBudget::Verdict verdict = budget_.ask(text.size(), clock_.monotonic());
  if (verdict.dropped_before > 0) {
    log_.write(
        LogLevel::warning, source_,
        fmt::format("{} log lines of the last minute were dropped: the plugin may log 64 KiB "
                    "a minute",
                    verdict.dropped_before));
  }
  if (verdict.allowed) log_.write(level, source_, escape_line(text.substr(0, kMaxLogLine)));
}

}  // namespace midimon::hostapi
