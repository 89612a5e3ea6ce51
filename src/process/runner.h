// The Runner class runs a program to its end on behalf of somebody who is not trusted with it: as
// its user would run it, but with nothing of ours, and nothing of it is left afterwards.
//
// The program is started from a thread that has the rights of the thread that made the runner, so
// it is not held by the Landlock of the thread that asks. It gets no new privileges (set-user-ID
// bits have no effect), a few variables of the environment, / as its directory, a session of its
// own, and no file but its stdin, stdout and stderr. Where a control group can be made for it
// (cgroup.h) all in that ends with it; elsewhere what it starts ends with its process group.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/errands.h"
#include "base/places.h"
#include "base/until.h"
#include "midimon/result.h"

namespace midimon {

struct RunRequest {
  std::vector<std::string> argv;  // the first is the absolute path of the program
  std::string input;              // of its stdin, which then ends
  std::vector<std::string> environment;
  Nanos deadline = Nanos::max();  // on the monotonic clock; then it is killed
};

struct RunResult {
  std::optional<int> status;  // what it exited with
  std::optional<int> signal;  // or what ended it
  bool timed_out = false;     // because of the deadline
  std::string out;
  std::string err;
  bool out_truncated = false;  // there was more than kMaxRunOutput
  bool err_truncated = false;
};

inline constexpr std::size_t kMaxRunOutput = 64UL * 1024;

// Thread-safe.
class Runner {
 public:
  static constexpr std::size_t kMaxAtOnce = 16;

  Runner() : errands_(kMaxAtOnce) {}

  // Returns once it has ended. Errors: those of Program::open(); io, it could not be started, or
  // `until` was over: then it is killed.
  Result<RunResult> run(RunRequest request, const Until& until);

 private:
  Errands errands_;
};

// The variables that a program gets: where its user is at home, the language, and the way to the
// desktop; PATH is the system's.
[[nodiscard]] std::vector<std::string> clean_environment(const Environment& environment);

}  // namespace midimon
