// The Processes class starts programs, and sees to the end of those that are to run to theirs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "actions/system_caller.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "desktop/running_command.h"
#include "midimon/result.h"
#include "process/child.h"

namespace midimon {

// Thread-safe; all happens on one thread of its own.
class Processes {
 public:
  using Done = std::function<void(SystemReport)>;
  static constexpr std::size_t kMaxCommands = 16;  // at the same time
  static constexpr std::size_t kMaxQueued = 64;    // requests that nobody has looked at yet
  // Programs that were launched and have not ended, on behalf of each.
  static constexpr std::size_t kMaxLaunched = 64;
  enum class Launcher : std::uint8_t { user, plugins };

  // Both outlive this. `log` gets what commands print.
  Processes(const Clock& clock, LogSink& log);
  // Ends the commands, which takes kCommandGrace at most. Programs that were launched run on.
  ~Processes();
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  // Reports once it runs, or could not be started; `denied`: kMaxLaunched of that launcher run.
  void launch(LaunchRequest request, Launcher launcher, Done done);
  // Reports once it has ended, which `stop` hastens.
  void run(CommandRequest request, std::stop_token stop, Done done);

 private:
  struct Asked {
    std::variant<LaunchRequest, CommandRequest> request;
    std::stop_token stop;
    Done done;
    Launcher launcher = Launcher::user;
  };
  struct Launched {
    Child child;
    Launcher launcher;
  };
  struct Command {
    Command(RunningCommand started, std::stop_token stop, Done when_done, Processes& owner)
        : running(std::move(started)),
          done(std::move(when_done)),
          on_stop(std::move(stop), [this, &owner] {
            stopped = true;
            owner.wake();
          }) {}
    RunningCommand running;
    Done done;
    std::atomic<bool> stopped = false;
    std::stop_callback<std::function<void()>> on_stop;
  };

  void ask(Asked asked);
  Result<void> launch(const LaunchRequest& request, Launcher launcher);
  void wake() const;
  void work();
  bool take_asked();
  void start(Asked asked, bool closing);
  void wait();
  void reap_launched();
  void advance(bool closing);

  const Clock& clock_;
  LogSink& log_;
  UniqueFd wake_;  // an eventfd
  std::mutex mutex_;
  std::deque<Asked> asked_;
  bool closing_ = false;
  std::atomic<std::size_t> running_ = 0;  // commands, those that are asked for included

  // The thread's own.
  std::list<Command> commands_;
  std::vector<Launched> launched_;

  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon
