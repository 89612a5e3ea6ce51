// ask(): has a job done by another thread, and waits for what comes of it.
#pragma once

#include <sys/eventfd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/errands.h"
#include "base/unique_fd.h"
#include "base/until.h"
#include "midimon/result.h"

namespace midimon {

namespace detail {

// Shared by who waits and who works: either may be done with it first.
template <typename T>
struct Asked {
  std::mutex mutex;
  std::optional<Result<T>> result;
  UniqueFd ready{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  UniqueFd dropped{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // nobody waits any more

  static void signal(const UniqueFd& event) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof one);
  }
};

}  // namespace detail

// What `job` answers, which runs as one of `errands` and must own what it uses. It gets the same
// deadline, and is told by the descriptor when nobody waits any more. Errors: those of the job; io,
// `until` was over; busy, too much is asked at the same time.
template <typename T>
Result<T> ask(Errands& errands, const Until& until, std::function<Result<T>(const Until&)> job) {
  using Asked = detail::Asked<T>;
  const auto asked = std::make_shared<Asked>();
  if (!asked->ready.valid() || !asked->dropped.valid()) {
    return fail(ErrorCode::io, "No more files can be opened; raise `ulimit -n`.");
  }
  const bool taken = errands.run([asked, job = std::move(job), deadline = until.deadline] {
    auto result = job({deadline, asked->dropped.get(), {}});
    {
      const std::lock_guard lock(asked->mutex);
      asked->result = std::move(result);
    }
    Asked::signal(asked->ready);
  });
  if (!taken) return fail(ErrorCode::busy, "Too much is asked at the same time; try again later.");
  if (!wait_for(asked->ready.get(), POLLIN, until)) {
    Asked::signal(asked->dropped);
    return fail(ErrorCode::io, "It was not done in time.");
  }
  const std::lock_guard lock(asked->mutex);
  return std::move(*asked->result);
}

}  // namespace midimon
