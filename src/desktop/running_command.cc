#include "desktop/running_command.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "process/spawn.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxLine = 1024;  // of one line that is shown

// Takes the first line off.
std::string take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line = escape_line(text.substr(0, std::min(end, kMaxLine)));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

RunningCommand::RunningCommand(Child child, std::string name, Nanos timeout, Nanos now)
    : child_(std::move(child)), name_(std::move(name)), timeout_(timeout), due_(now + timeout) {}

Result<RunningCommand> RunningCommand::start(const CommandRequest& request, Nanos now) {
  auto out = make_pipe();
  if (!out) return tl::unexpected(out.error());
  auto err = make_pipe();
  if (!err) return tl::unexpected(err.error());
  const auto pid = spawn(request.argv, out->write.get(), err->write.get());
  if (!pid) return tl::unexpected(pid.error());
  RunningCommand command(Child(*pid), escape_line(request.argv.front()), request.timeout, now);
  do_not_block(out->read);
  do_not_block(err->read);
  command.out_.open(std::move(out->read));
  command.err_.open(std::move(err->read));
  return command;
}

bool RunningCommand::add_to(std::vector<pollfd>& watched) const {
  for (const Output* output : {&out_, &err_}) {
    if (output->fd().valid()) watched.push_back({output->fd().get(), POLLIN, 0});
  }
  return child_.add_to(watched);
}

void RunningCommand::cancel(Nanos now) {
  if (!ended_for_) end(Outcome::cancelled, now);
}

// It is not reaped before its report, so the group is still its own.
void RunningCommand::end(Outcome why, Nanos now) {
  ended_for_ = why;
  ::kill(-child_.pid(), SIGTERM);
  due_ = now + kCommandGrace;
}

std::optional<SystemReport> RunningCommand::advance(Nanos now, LogSink& log) {
  const bool ended = child_.ended();  // before reading: what it printed is there then
  out_.read();
  err_.read();
  if (ended && !ended_for_) return report(log);
  if (!ended_for_ && now >= due_) {
    end(Outcome::deadline_exceeded, now);
  } else if (ended_for_ && !killed_) {
    // The output is held open by others of the group that have not come to their end.
    const bool all_ended = ended && !out_.fd().valid() && !err_.fd().valid();
    if (!all_ended && now < due_) return std::nullopt;
    ::kill(-child_.pid(), SIGKILL);
    killed_ = true;
    due_ = Nanos::max();
  }
  if (!killed_ || !child_.ended()) return std::nullopt;
  return report(log);
}

SystemReport RunningCommand::report(LogSink& log) {
  const std::optional<int> status = child_.reap();
  std::string_view out = out_.text();
  std::string_view err = err_.text();
  const std::string first_out = take_line(out);
  const std::string first_err = take_line(err);
  while (!out.empty())
    log.write(LogLevel::info, name_, take_line(out));
  while (!err.empty())
    log.write(LogLevel::warning, name_, take_line(err));
  if (ended_for_ == Outcome::cancelled) return {Outcome::cancelled, "cancelled while it ran"};
  if (ended_for_) {
    return {*ended_for_, fmt::format("{} still ran after {} and was ended; a larger timeout_ms "
                                     "gives it more time",
                                     name_, format_duration(timeout_))};
  }
  if (status == 0) return {Outcome::ok, first_out};
  return {Outcome::failed, ending(status) + (first_err.empty() ? "" : ": " + first_err)};
}

std::string RunningCommand::ending(std::optional<int> status) const {
  if (!status) return fmt::format("{} ended, and nobody was told how", name_);
  if (WIFEXITED(*status)) return fmt::format("{} exited with {}", name_, WEXITSTATUS(*status));
  return fmt::format("{} was ended by signal {} ({})", name_, WTERMSIG(*status),
                     ::strsignal(WTERMSIG(*status)));
}

}  // namespace midimon
