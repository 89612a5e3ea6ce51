// The Summary class counts what happened in a session and says so in a few lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "actions/dispatcher.h"
#include "actions/histogram.h"
#include "midimon/outcome.h"

namespace midimon {

// Of a fixed size, however long the session. Not thread-safe.
class Summary {
 public:
  // A message came in, and `mappings` mappings matched what it was.
  void add_event(std::size_t mappings);
  // An action ended, or was not run.
  void add_report(const ActionReport& report);

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t matched() const { return matched_; }  // events, with any mapping
  [[nodiscard]] std::uint64_t ran() const { return ran_; }          // actions, failed ones included
  [[nodiscard]] std::uint64_t not_run() const { return not_run_; }  // actions
  // Actions that did not run because a later value took their place.
  [[nodiscard]] std::uint64_t superseded() const { return superseded_; }
  [[nodiscard]] std::uint64_t failed() const;  // actions that ran
  [[nodiscard]] std::uint64_t failed(Outcome outcome) const;
  // Of the plugin calls that returned, from the event on.
  [[nodiscard]] const Histogram& latency() const { return latency_; }

  // Lines for people, each ended by a newline; those of which nothing happened are left out.
  [[nodiscard]] std::string text() const;
  // The same as one JSON object, always with all members:
  // {"events": n, "matched": n, "ran": n, "failed": n, "failed_by_outcome": {"Trapped": n, ...},
  //  "not_run": n, "superseded": n, "latency_ns": {"count": n, "p50": n, "p99": n, "max": n}}
  // "failed_by_outcome" has those outcomes that occurred.
  [[nodiscard]] std::string json() const;

 private:
  std::uint64_t events_ = 0;
  std::uint64_t matched_ = 0;
  std::uint64_t ran_ = 0;
  std::uint64_t not_run_ = 0;
  std::uint64_t superseded_ = 0;
  std::map<Outcome, std::uint64_t> failed_;
  Histogram latency_;
};

}  // namespace midimon
