#include "desktop/applications.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "base/worker.h"
#include "desktop/programs.h"
#include "desktop/windows.h"

namespace midimon {
namespace {

using std::chrono::steady_clock;
constexpr auto kLookAtPrograms = std::chrono::seconds(1);
constexpr auto kLookForDesktop = std::chrono::seconds(2);

}  // namespace

// What its thread does.
class Applications::Watcher {
 public:
  explicit Watcher(Applications& owner) : owner_(owner) {}
  void run();

 private:
  // Each does what is due, and says how long that is done with.
  steady_clock::time_point look_at_programs(steady_clock::time_point now);
  steady_clock::time_point look_at_windows(steady_clock::time_point now);
  Result<void> take_windows();
  void say(std::string problem);

  Applications& owner_;
  steady_clock::time_point programs_due_ = steady_clock::now() + kLookAtPrograms;
  steady_clock::time_point desktop_due_ = steady_clock::now();
  std::unique_ptr<Windows> windows_;  // null: none is known
  bool fresh_ = false;                // nothing is known of its windows yet
  std::string problem_;               // as the log has it
};

steady_clock::time_point Applications::Watcher::look_at_programs(steady_clock::time_point now) {
  if (now >= programs_due_) {
    owner_.set(owner_.running_, running_programs());
    programs_due_ = now + kLookAtPrograms;
  }
  return programs_due_;
}

// What is wrong is a line of the log once, and not each time that it is tried again.
void Applications::Watcher::say(std::string problem) {
  if (problem == problem_) return;
  if (!problem.empty()) {
    owner_.log_.write(LogLevel::warning, "desktop",
                      fmt::format("which window has the keyboard is not known: {}", problem));
  } else {
    owner_.log_.write(LogLevel::info, "desktop",
                      fmt::format("{} tells which window has the keyboard", windows_->name()));
  }
  problem_ = std::move(problem);
}

Result<void> Applications::Watcher::take_windows() {
  const auto changed = windows_->take_events();
  if (!changed) return tl::unexpected(changed.error());
  if (!*changed && !std::exchange(fresh_, false)) return {};
  const auto all = windows_->list();
  if (!all) return tl::unexpected(all.error());
  Names names;
  for (const Window& window : *all) {
    if (!window.focused) continue;
    if (!window.name.empty()) names.insert(folded_name(window.name));
    if (!window.other.empty()) names.insert(folded_name(window.other));
    if (window.pid <= 0) continue;
    for (std::string& name : program_names(window.pid))
      names.insert(std::move(name));
  }
  owner_.set(owner_.frontmost_, std::move(names));
  say("");
  return {};
}

steady_clock::time_point Applications::Watcher::look_at_windows(steady_clock::time_point now) {
  if (!windows_ && now >= desktop_due_) {
    auto opened = open_windows(owner_.environment_);
    if (opened) {
      windows_ = std::move(*opened);
      fresh_ = true;
    } else {
      say(opened.error().message);
    }
    desktop_due_ = now + kLookForDesktop;
  }
  if (windows_) {
    if (const auto taken = take_windows(); !taken) {
      windows_.reset();
      owner_.set(owner_.frontmost_, {});
      say(taken.error().message);
    }
  }
  return windows_ ? steady_clock::time_point::max() : desktop_due_;
}

void Applications::Watcher::run() {
  while (true) {
    const auto now = steady_clock::now();
    const auto due = std::min(look_at_programs(now), look_at_windows(now));
    std::array<pollfd, 2> watched = {pollfd{owner_.stop_.get(), POLLIN, 0},
                                     pollfd{windows_ ? windows_->fd() : -1, POLLIN, 0}};
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(due - steady_clock::now());
    ::poll(watched.data(), watched.size(), static_cast<int>(std::max<long>(rest.count(), 0)));
    if (watched[0].revents != 0) return;
  }
}

std::unique_ptr<Applications> Applications::start(Environment environment, LogSink& log) {
  return std::unique_ptr<Applications>(new Applications(std::move(environment), log));
}

Applications::Applications(Environment environment, LogSink& log)
    : environment_(std::move(environment)),
      log_(log),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      running_(std::make_shared<const Names>(running_programs())),
      frontmost_(std::make_shared<const Names>()),
      thread_([this] {
        block_signals();
        Watcher(*this).run();
      }) {}

Applications::~Applications() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void Applications::set(std::shared_ptr<const Names>& what, Names names) {
  auto fresh = std::make_shared<const Names>(std::move(names));
  const std::lock_guard lock(mutex_);
  what.swap(fresh);
}

bool Applications::has(const std::shared_ptr<const Names>& what, std::string_view name) const {
  std::shared_ptr<const Names> names;
  {
    const std::lock_guard lock(mutex_);
    names = what;
  }
  return names->contains(folded_name(name));
}

bool Applications::is_running(std::string_view name) const {
  return has(running_, name);
}

bool Applications::is_frontmost(std::string_view name) const {
  return has(frontmost_, name);
}

}  // namespace midimon
