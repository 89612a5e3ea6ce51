#include "actions/summary.h"

#include <fmt/format.h>

#include <string_view>

#include "base/units.h"

namespace midimon {

void Summary::add_event(std::size_t mappings) {
  ++events_;
  if (mappings > 0) ++matched_;
}

void Summary::add_report(const ActionReport& report) {
  if (!report.ran) {
    ++(report.superseded ? superseded_ : not_run_);
    return;
  }
  ++ran_;
  if (report.outcome != Outcome::ok) ++failed_[report.outcome];
  // What was cancelled never returned, and would tell how soon somebody lost patience.
  if (report.kind == ActionKind::plugin && report.outcome != Outcome::cancelled) {
    latency_.add(report.latency);
  }
}

std::uint64_t Summary::failed() const {
  std::uint64_t sum = 0;
  for (const auto& [outcome, count] : failed_)
    sum += count;
  return sum;
}

std::uint64_t Summary::failed(Outcome outcome) const {
  const auto found = failed_.find(outcome);
  return found == failed_.end() ? 0 : found->second;
}

std::string Summary::text() const {
  std::string out;
  const auto line = [&out](std::string_view name, std::uint64_t count) {
    out += fmt::format("{:<18} {:>9}\n", name, count);
  };
  line("events", events_);
  line("matched", matched_);
  line("actions run", ran_);
  if (!failed_.empty()) line("failed", failed());
  for (const auto& [outcome, count] : failed_)
    line(fmt::format("  {}", to_string(outcome)), count);
  if (not_run_ > 0) line("not run", not_run_);
  if (superseded_ > 0) line("superseded", superseded_);
  if (latency_.count() > 0) {
    out += fmt::format("latency of plugin calls: p50 {}, p99 {}, max {}\n",
                       format_duration(latency_.percentile(50)),
                       format_duration(latency_.percentile(99)), format_duration(latency_.max()));
  }
  return out;
}

std::string Summary::json() const {
  std::string by_outcome;
  for (const auto& [outcome, count] : failed_) {
    if (!by_outcome.empty()) by_outcome += ", ";
    by_outcome += fmt::format("\"{}\": {}", to_string(outcome), count);
  }
  return fmt::format(
      "{{\"events\": {}, \"matched\": {}, \"ran\": {}, \"failed\": {}, "
      "\"failed_by_outcome\": {{{}}}, \"not_run\": {}, \"superseded\": {}, "
      "\"latency_ns\": {{\"count\": {}, \"p50\": {}, \"p99\": {}, \"max\": {}}}}}",
      events_, matched_, ran_, failed(), by_outcome, not_run_, superseded_, latency_.count(),
      latency_.percentile(50).count(), latency_.percentile(99).count(), latency_.max().count());
}

}  // namespace midimon
