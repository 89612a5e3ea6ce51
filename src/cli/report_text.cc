#include "cli/report_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace midimon::cli {

std::string report_line(const ActionReport& report) {
  const std::string what = escape_line(report.what);
  const std::string subject = report.description == report.what || report.description.empty()
                                  ? what
                                  : fmt::format("{} ({})", escape_line(report.description), what);
  if (!report.ran) return fmt::format("{:<17} {}", "NotRun", subject);
  std::string line = fmt::format("{:<17} {}", to_string(report.outcome), subject);
  if (report.kind == ActionKind::plugin) {
    line += fmt::format("  {}", format_duration(report.call_duration));
  }
  return line;
}

nlohmann::json report_json(const ActionReport& report) {
  return {{"description", report.description},
          {"action", report.what},
          {"ran", report.ran},
          {"outcome", to_string(report.outcome)},
          {"message", report.message},
          {"call_ns", report.call_duration.count()},
          {"latency_ns", report.latency.count()},
          {"took_ns", report.took.count()},
          {"superseded", report.superseded}};
}

}  // namespace midimon::cli
