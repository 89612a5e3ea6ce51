#include "cli/interrupt.h"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "cli/commands.h"

namespace midimon::cli {
namespace {

// Tells the watching thread that there is nothing to watch for any more.
constexpr int kDone = SIGUSR1;

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, kDone);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

Interrupt::~Interrupt() {
  done_ = true;
  ::pthread_kill(thread_.native_handle(), kDone);
  thread_.join();
}

void Interrupt::watch() {
  const sigset_t set = watched_signals();
  int signal = kDone;
  while (signal == kDone && !done_)
    ::sigwait(&set, &signal);
  while (!done_) {
    {
      const std::lock_guard lock(mutex_);
      if (!call_) std::_Exit(kInterrupted);
      call_();
    }
    const timespec pause{0, 1'000'000};
    const int second = ::sigtimedwait(&set, nullptr, &pause);
    if (second > 0 && second != kDone) std::_Exit(kInterrupted);
  }
}

OnInterrupt::OnInterrupt(Interrupt& interrupt, std::function<void()> function)
    : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.call_ = std::move(function);
}

OnInterrupt::~OnInterrupt() {
  const std::lock_guard lock(interrupt_.mutex_);
  // From here on the command only tidies up: a signal need not end it any more.
  interrupt_.call_ = [] {};
}

}  // namespace midimon::cli
