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
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/ask.h"
#include "base/text.h"
#include "process/cgroup.h"
#include "process/child.h"
#include "process/program.h"

namespace midimon {
namespace {

// Both ends are above the descriptors that a program starts with.
struct Pipe {
  UniqueFd read;
  UniqueFd write;

  [[nodiscard]] bool valid() const { return read.valid() && write.valid(); }
};

Pipe make_pipe() {
  std::array<int, 2> fds{};
  Pipe pipe;
  if (::pipe2(fds.data(), O_CLOEXEC) == 0) {
    const UniqueFd read(fds[0]);
    const UniqueFd write(fds[1]);
    pipe.read.reset(::fcntl(read.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    pipe.write.reset(::fcntl(write.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  return pipe;
}

void do_not_block(const UniqueFd& fd) {
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
}

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

[[noreturn]] void become(const Start& start) {
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal)
    ::signal(signal, SIG_DFL);
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
  struct Output {
    UniqueFd fd;
    std::string text;
    bool truncated = false;
    void read();
  };

  Result<pid_t> start();
  void feed();
  void watch(const Child& child, const Until& until);
  void end(const Child& child);

  RunRequest request_;
  std::optional<Cgroup> cgroup_ = Cgroup::create();
  UniqueFd in_;
  std::size_t fed_ = 0;
  Output out_;
  Output err_;
  bool timed_out_ = false;
};

Result<pid_t> Run::start() {
  const auto program = Program::open(request_.argv.front());
  if (!program) return tl::unexpected(program.error());
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Pipe report = make_pipe();
  const UniqueFd file(::fcntl(program->fd(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!in.valid() || !out.valid() || !err.valid() || !report.valid() || !file.valid()) {
    return fail(ErrorCode::io, "No more files can be opened; raise `ulimit -n`.");
  }
  const auto argv = pointers(request_.argv);
  const auto environment = pointers(request_.environment);
  const Start start{file.get(),      cgroup_ ? cgroup_->procs() : -1,
                    in.read.get(),   out.write.get(),
                    err.write.get(), report.write.get(),
                    argv.data(),     environment.data()};
  const pid_t pid = ::fork();
  if (pid == 0) become(start);
  if (pid < 0) {
    return fail(ErrorCode::io, fmt::format("No process can be started: {}.", std::strerror(errno)));
  }
  report.write.reset();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(report.read.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof error) {
    Child(pid).reap();
    return fail(ErrorCode::io,
                fmt::format("{} cannot be started: {}.", escape_line(request_.argv.front()),
                            std::strerror(error)));
  }
  in_ = std::move(in.write);
  out_.fd = std::move(out.read);
  err_.fd = std::move(err.read);
  do_not_block(in_);
  do_not_block(out_.fd);
  do_not_block(err_.fd);
  return pid;
}

// What is too much is read all the same: a program that nobody reads from stands still. Not without
// end, as time has to be looked at, too.
void Run::Output::read() {
  std::array<char, 16'384> buffer;
  for (int i = 0; fd.valid() && i < 16; ++i) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      fd.reset();
      return;
    }
    const std::size_t room = kMaxRunOutput - text.size();
    truncated = truncated || static_cast<std::size_t>(got) > room;
    text.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
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
    if (out_.fd.valid()) fds.push_back({out_.fd.get(), POLLIN, 0});
    if (err_.fd.valid()) fds.push_back({err_.fd.get(), POLLIN, 0});
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
  result.out = std::move(out_.text);
  result.err = std::move(err_.text);
  result.out_truncated = out_.truncated;
  result.err_truncated = err_.truncated;
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
