// The RunningCommand class is a program that runs to its end, or until it is made to end.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/system_caller.h"
#include "base/clock.h"
#include "base/log.h"
#include "process/child.h"
#include "process/pipe.h"

namespace midimon {

// How much of what it prints is kept, of stdout and of stderr each.
inline constexpr std::size_t kMaxCommandOutput = 64UL * 1024;
// How long a program that is asked to end has for it.
inline constexpr Nanos kCommandGrace = std::chrono::milliseconds(500);

// One thread owns it, and tells it the time.
class RunningCommand {
 public:
  static Result<RunningCommand> start(const CommandRequest& request, Nanos now);

  // Adds all that has to be watched; what becomes ready of it is a reason to call advance(). False
  // if that is not enough, and it has to be called from time to time.
  bool add_to(std::vector<pollfd>& watched) const;
  // When advance() has something to do, whatever is ready.
  [[nodiscard]] Nanos due() const { return due_; }

  // Makes it and all that it started end, politely first. Nothing if that was done before.
  void cancel(Nanos now);

  // Reads what was printed, and sees to the time. The report, once it has ended; `log` gets the
  // output but for its first line, which the report has.
  std::optional<SystemReport> advance(Nanos now, LogSink& log);

 private:
  RunningCommand(Child child, std::string name, Nanos timeout, Nanos now);
  void end(Outcome why, Nanos now);
  SystemReport report(LogSink& log);
  [[nodiscard]] std::string ending(std::optional<int> status) const;

  Child child_;
  std::string name_;  // of the program, safe to show
  Nanos timeout_;
  Nanos due_;
  std::optional<Outcome> ended_for_;  // why it was made to end
  bool killed_ = false;
  Output out_{kMaxCommandOutput};
  Output err_{kMaxCommandOutput};
};

}  // namespace midimon
