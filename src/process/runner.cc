#include "process/runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/ask.h"
#include "base/text.h"
#include "process/cgroup.h"
#include "process/child.h"
#include "process/pipe.h"
#include "process/program.h"

namespace midimon {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (const std::string& word : words)
    all.push_back(const_cast<char*>(word.c_str()));  // execve does not write to them
  all.push_back(nullptr);
  return all;
}

// All that the child needs, ready before it is there: between fork and exec it may only make system
// calls.
struct Start {
  int program;
  int cgroup;  // -1: none
  int in;
  int out;
  int err;
  int report;  // where the errno goes of what failed
  char* const* argv;
  char* const* environment;
};

// By the system call: the C library does not touch the two signals that it uses itself, and whoever
// started us may have ignored them.
void set_default(int signal) {
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } const action{SIG_DFL, 0, nullptr, 0};
  ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
}

[[noreturn]] void become(const Start& start) {
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal)
    set_default(signal);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const bool ready = (start.cgroup < 0 || ::write(start.cgroup, "0", 1) == 1) &&
                     ::dup2(start.in, STDIN_FILENO) >= 0 && ::dup2(start.out, STDOUT_FILENO) >= 0 &&
                     ::dup2(start.err, STDERR_FILENO) >= 0 && ::chdir("/") == 0 &&
                     ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                     ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (ready) {
    ::syscall(SYS_execveat, start.program, "", start.argv, start.environment, AT_EMPTY_PATH);
    // The interpreter of a script has to open it, and finds it under the descriptor's name.
    if (errno == ENOENT && ::fcntl(start.program, F_SETFD, 0) == 0) {
      ::syscall(SYS_execveat, start.program, "", start.argv, start.environment, AT_EMPTY_PATH);
    }
  }
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(start.report, &error, sizeof error);
  ::_exit(127);
}

class Run {
 public:
  explicit Run(RunRequest request) : request_(std::move(request)) {}

  Result<RunResult> start_and_finish(const Until& until);

 private:
  Result<pid_t> start();
  void feed();
  void watch(const Child& child, const Until& until);
  void end(const Child& child);

  RunRequest request_;
  std::optional<Cgroup> cgroup_ = Cgroup::create();
  UniqueFd in_;
  std::size_t fed_ = 0;
  Output out_{kMaxRunOutput};
  Output err_{kMaxRunOutput};
  bool timed_out_ = false;
};

Result<pid_t> Run::start() {
  const auto program = Program::open(request_.argv.front());
  if (!program) return tl::unexpected(program.error());
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  auto report = make_pipe();
  for (const auto* pipe : {&in, &out, &err, &report}) {
    if (!*pipe) return tl::unexpected(pipe->error());
  }
  const UniqueFd file(::fcntl(program->fd(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!file.valid()) {
    return fail(ErrorCode::io, "No more files can be opened; raise `ulimit -n`.");
  }
  const auto argv = pointers(request_.argv);
  const auto environment = pointers(request_.environment);
  const Start start{file.get(),       cgroup_ ? cgroup_->procs() : -1,
                    in->read.get(),   out->write.get(),
                    err->write.get(), report->write.get(),
                    argv.data(),      environment.data()};
  const pid_t pid = ::fork();
  if (pid == 0) become(start);
  if (pid < 0) {
    return fail(ErrorCode::io, fmt::format("No process can be started: {}.", std::strerror(errno)));
  }
  report->write.reset();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(report->read.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof error) {
    Child(pid).reap();
    return fail(ErrorCode::io,
                fmt::format("{} cannot be started: {}.", escape_line(request_.argv.front()),
                            std::strerror(error)));
  }
  do_not_block(in->write);
  do_not_block(out->read);
  do_not_block(err->read);
  in_ = std::move(in->write);
  out_.open(std::move(out->read));
  err_.open(std::move(err->read));
  return pid;
}

// SIGPIPE is blocked on this thread.
void Run::feed() {
  while (in_.valid()) {
    if (fed_ == request_.input.size()) {
      in_.reset();
      return;
    }
    const ssize_t put =
        ::write(in_.get(), request_.input.data() + fed_, request_.input.size() - fed_);
    if (put >= 0) {
      fed_ += static_cast<std::size_t>(put);
    } else if (errno != EINTR) {
      if (errno != EAGAIN) in_.reset();  // it does not want to hear more
      return;
    }
  }
}

// Until it has ended, or has to.
void Run::watch(const Child& child, const Until& until) {
  constexpr int kLookAroundMs = 20;  // where the kernel does not announce the end of a child
  while (!child.ended()) {
    const Nanos now = SystemClock().monotonic();
    timed_out_ = now >= request_.deadline;
    if (timed_out_ || now >= until.deadline) return;
    std::vector<pollfd> fds = {{until.cancel_fd, POLLIN, 0}};
    if (in_.valid()) fds.push_back({in_.get(), POLLOUT, 0});
    if (out_.fd().valid()) fds.push_back({out_.fd().get(), POLLIN, 0});
    if (err_.fd().valid()) fds.push_back({err_.fd().get(), POLLIN, 0});
    Until next = until;
    next.deadline = std::min(until.deadline, request_.deadline);
    const int wait =
        child.add_to(fds) ? next.milliseconds() : std::min(next.milliseconds(), kLookAroundMs);
    ::poll(fds.data(), fds.size(), wait);
    if (fds.front().revents != 0) return;
    feed();
    out_.read();
    err_.read();
  }
}

// It is not reaped yet, so the group is still its own.
void Run::end(const Child& child) {
  ::kill(-child.pid(), SIGKILL);
  if (cgroup_) cgroup_->kill();
}

Result<RunResult> Run::start_and_finish(const Until& until) {
  const auto pid = start();
  if (!pid) return tl::unexpected(pid.error());
  Child child(*pid);
  watch(child, until);
  end(child);
  RunResult result;
  const auto status = child.reap();
  // What it printed is in the pipes, and nobody is left to print more.
  out_.read();
  err_.read();
  if (status && WIFEXITED(*status)) result.status = WEXITSTATUS(*status);
  if (status && WIFSIGNALED(*status)) result.signal = WTERMSIG(*status);
  result.timed_out = timed_out_;
  result.out = out_.text();
  result.err = err_.text();
  result.out_truncated = out_.truncated();
  result.err_truncated = err_.truncated();
  return result;
}

}  // namespace

Result<RunResult> Runner::run(RunRequest request, const Until& until) {
  return ask<RunResult>(errands_, until, [request = std::move(request)](const Until& mine) {
    return Run(request).start_and_finish(mine);
  });
}

std::vector<std::string> clean_environment(const Environment& environment) {
  std::vector<std::string> all = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  for (const char* name : {"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "DISPLAY",
                           "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE",
                           "XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS", "PULSE_SERVER"}) {
    if (const auto value = environment(name)) all.push_back(std::string(name) + "=" + *value);
  }
  return all;
}

}  // namespace midimon
