#include "desktop/processes.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/worker.h"
#include "process/spawn.h"

namespace midimon {
namespace {

// How often a child is looked at whose end the kernel does not announce.
constexpr Nanos kLookAround = std::chrono::milliseconds(50);
constexpr Nanos kLongestWait = std::chrono::minutes(1);

}  // namespace

Processes::Processes(const Clock& clock, LogSink& log)
    : clock_(clock), log_(log), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] {
        block_signals();
        work();
      }) {}

Processes::~Processes() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake();
  thread_.join();
}

void Processes::launch(LaunchRequest request, Launcher launcher, Done done) {
  ask({std::move(request), {}, std::move(done), launcher});
}

void Processes::run(CommandRequest request, std::stop_token stop, Done done) {
  if (running_.fetch_add(1) < kMaxCommands) {
    ask({std::move(request), std::move(stop), std::move(done)});
    return;
  }
  --running_;
  done({Outcome::failed, fmt::format("{} commands run already; a smaller timeout_ms ends them "
                                     "sooner, and Launch does not count",
                                     kMaxCommands)});
}

void Processes::ask(Asked asked) {
  {
    const std::lock_guard lock(mutex_);
    if (asked_.size() < kMaxQueued) {
      asked_.push_back(std::move(asked));
      wake();
      return;
    }
  }
  if (std::holds_alternative<CommandRequest>(asked.request)) --running_;
  asked.done({Outcome::failed,
              fmt::format("{} programs already wait to be started; press less often", kMaxQueued)});
}

void Processes::wake() const {
  const std::uint64_t one = 1;
  // It can only fail because it is set already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void Processes::work() {
  while (true) {
    const bool closing = take_asked();
    advance(closing);
    if (closing && commands_.empty()) return;
    wait();
  }
}

// Whether it is time to go.
bool Processes::take_asked() {
  std::deque<Asked> all;
  bool closing = false;
  {
    const std::lock_guard lock(mutex_);
    all.swap(asked_);
    closing = closing_;
  }
  for (Asked& asked : all)
    start(std::move(asked), closing);
  return closing;
}

void Processes::start(Asked asked, bool closing) {
  const auto* request = std::get_if<CommandRequest>(&asked.request);
  const auto refuse = [&](SystemReport why) {
    if (request != nullptr) --running_;
    asked.done(std::move(why));
  };
  if (closing || asked.stop.stop_requested()) {
    refuse({Outcome::cancelled, "cancelled before it began"});
    return;
  }
  if (request == nullptr) {
    const auto done = launch(std::get<LaunchRequest>(asked.request), asked.launcher);
    if (done) return asked.done({});
    return refuse({done.error().code == ErrorCode::limit ? Outcome::denied : Outcome::failed,
                   done.error().message});
  }
  auto running = RunningCommand::start(*request, clock_.monotonic());
  if (!running) return refuse({Outcome::failed, running.error().message});
  commands_.emplace_back(std::move(*running), std::move(asked.stop), std::move(asked.done), *this);
}

Result<void> Processes::launch(const LaunchRequest& request, Launcher launcher) {
  reap_launched();
  const auto running =
      std::count_if(launched_.begin(), launched_.end(),
                    [launcher](const Launched& one) { return one.launcher == launcher; });
  if (static_cast<std::size_t>(running) >= kMaxLaunched) {
    return fail(ErrorCode::limit,
                fmt::format("{} programs run that {} started; end some of them first", kMaxLaunched,
                            launcher == Launcher::user ? "this midimon" : "plugins"));
  }
  const auto pid = spawn(request.argv, -1, -1, request.directory);
  if (!pid) return tl::unexpected(pid.error());
  launched_.push_back({Child(*pid), launcher});
  return {};
}

void Processes::wait() {
  std::vector<pollfd> watched = {{wake_.get(), POLLIN, 0}};
  Nanos rest = kLongestWait;
  for (const Command& command : commands_) {
    if (!command.running.add_to(watched)) rest = std::min(rest, kLookAround);
    rest = std::min(rest, command.running.due() - clock_.monotonic());
  }
  for (const Launched& one : launched_) {
    if (!one.child.add_to(watched)) rest = std::min(rest, kLookAround);
  }
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(rest, Nanos{}));
  ::poll(watched.data(), watched.size(), static_cast<int>(ms.count()));
  std::uint64_t ignored = 0;
  while (::read(wake_.get(), &ignored, sizeof ignored) > 0) {
  }
}

void Processes::reap_launched() {
  std::erase_if(launched_, [](Launched& one) {
    if (!one.child.ended()) return false;
    one.child.reap();
    return true;
  });
}

void Processes::advance(bool closing) {
  reap_launched();
  for (auto command = commands_.begin(); command != commands_.end();) {
    const Nanos now = clock_.monotonic();
    if (closing || command->stopped) command->running.cancel(now);
    auto report = command->running.advance(now, log_);
    if (!report) {
      ++command;
      continue;
    }
    const Done done = std::move(command->done);
    command = commands_.erase(command);
    --running_;
    done(std::move(*report));
  }
}

}  // namespace midimon
