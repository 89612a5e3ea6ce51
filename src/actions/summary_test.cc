#include "actions/summary.h"

#include <gtest/gtest.h>

namespace midimon {
namespace {

using std::chrono::microseconds;

ActionReport ran(ActionKind kind, Outcome outcome, Nanos latency = {}) {
  ActionReport report;
  report.kind = kind;
  report.outcome = outcome;
  report.latency = latency;
  return report;
}

Summary session() {
  Summary summary;
  summary.add_event(0);
  summary.add_event(2);
  summary.add_event(1);
  summary.add_report(ran(ActionKind::plugin, Outcome::ok, microseconds(400)));
  summary.add_report(ran(ActionKind::plugin, Outcome::trapped, microseconds(800)));
  summary.add_report(ran(ActionKind::plugin, Outcome::trapped, microseconds(900)));
  summary.add_report(ran(ActionKind::plugin, Outcome::plugin_error, microseconds(100)));
  summary.add_report(ran(ActionKind::plugin, Outcome::cancelled, std::chrono::hours(1)));
  summary.add_report(ran(ActionKind::delay, Outcome::ok, std::chrono::hours(1)));
  ActionReport not_run = ran(ActionKind::plugin, Outcome::cancelled, std::chrono::hours(1));
  not_run.ran = false;
  summary.add_report(not_run);
  return summary;
}

TEST(Summary, CountsEventsAndOutcomes) {
  const Summary summary = session();
  EXPECT_EQ(summary.events(), 3U);
  EXPECT_EQ(summary.matched(), 2U) << "an event with two mappings is one event";
  EXPECT_EQ(summary.ran(), 6U);
  EXPECT_EQ(summary.not_run(), 1U);
  EXPECT_EQ(summary.failed(), 4U);
  EXPECT_EQ(summary.failed(Outcome::trapped), 2U);
  EXPECT_EQ(summary.failed(Outcome::denied), 0U);
}

TEST(Summary, LatencyIsOfPluginCallsThatReturned) {
  const Summary summary = session();
  EXPECT_EQ(summary.latency().count(), 4U);
  EXPECT_EQ(summary.latency().max(), microseconds(900));
}

TEST(Summary, TextHasALineForEachCount) {
  EXPECT_EQ(session().text(),
            "events                     3\n"
            "matched                    2\n"
            "actions run                6\n"
            "failed                     4\n"
            "  PluginError              1\n"
            "  Trapped                  2\n"
            "  Cancelled                1\n"
            "not run                    1\n"
            "latency of plugin calls: p50 401us, p99 900us, max 900us\n");
}

TEST(Summary, TextOfNothingIsShort) {
  EXPECT_EQ(Summary().text(),
            "events                     0\n"
            "matched                    0\n"
            "actions run                0\n");
}

TEST(Summary, JsonAlwaysHasEveryMember) {
  EXPECT_EQ(
      Summary().json(),
      R"({"events": 0, "matched": 0, "ran": 0, "failed": 0, "failed_by_outcome": {}, )"
      R"("not_run": 0, "superseded": 0, "latency_ns": {"count": 0, "p50": 0, "p99": 0, "max": 0}})");
  EXPECT_EQ(session().json(),
            R"({"events": 3, "matched": 2, "ran": 6, "failed": 4, "failed_by_outcome": )"
            R"({"PluginError": 1, "Trapped": 2, "Cancelled": 1}, "not_run": 1, "superseded": 0, )"
            R"("latency_ns": {"count": 4, "p50": 401407, "p99": 900000, "max": 900000}})");
}

}  // namespace
}  // namespace midimon
