// proc_*, sched_yield, random_get and sock_*: what has no file behind it.
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "wasi/calls.h"

namespace midimon::wasi {
namespace {

// Above this a status could be taken for a signal or for the statuses `midimon exec` has of its
// own.
constexpr std::uint32_t kMaxExitCode = 125;

constexpr std::size_t kRandomChunk = 256UL * 1024;  // between two looks at the budget

// There are no sockets: a descriptor is either something else or not open.
Errno no_socket(Context& context, HostCall& call, Fd fd) {
  call.budget.charge(cost::kCall);
  return context.fds().find(fd) == nullptr ? Errno::badf : Errno::notsock;
}

}  // namespace

void proc_exit(Context&, HostCall& call, std::uint32_t code) {
  if (code <= kMaxExitCode) {
    call.budget.stop(wasm::StopReason::exited, static_cast<int>(code));
  } else {
    call.budget.stop(wasm::StopReason::trapped, 0,
                     "proc_exit was called with a status above 125: " + std::to_string(code));
  }
}

Errno proc_raise(Context&, HostCall& call, std::uint32_t) {
  call.budget.charge(cost::kCall);
  return Errno::notsup;
}

Errno random_get(Context&, HostCall& call, Ptr buf, Size buf_len) {
  call.budget.charge(cost::kCall);
  const auto bytes = call.memory.bytes(buf, buf_len);
  if (bytes.data() == nullptr) return Errno::fault;
  std::size_t done = 0;
  while (done < bytes.size() && !call.budget.is_over()) {
    const std::size_t chunk = std::min(bytes.size() - done, kRandomChunk);
    const ssize_t count = ::getrandom(bytes.data() + done, chunk, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_errno();
    done += static_cast<std::size_t>(count);
    // Making random bytes costs about four times as much as copying them.
    call.budget.charge(static_cast<std::uint64_t>(count) * 4 / cost::kBytesPerFuel);
  }
  return Errno::success;
}

Errno sched_yield(Context&, HostCall& call) {
  call.budget.charge(cost::kCall);
  return Errno::success;
}

Errno sock_accept(Context& context, HostCall& call, Fd fd, std::uint32_t, Ptr) {
  return no_socket(context, call, fd);
}

Errno sock_recv(Context& context, HostCall& call, Fd fd, Ptr, Size, std::uint32_t, Ptr, Ptr) {
  return no_socket(context, call, fd);
}

Errno sock_send(Context& context, HostCall& call, Fd fd, Ptr, Size, std::uint32_t, Ptr) {
  return no_socket(context, call, fd);
}

Errno sock_shutdown(Context& context, HostCall& call, Fd fd, std::uint32_t) {
  return no_socket(context, call, fd);
}

}  // namespace midimon::wasi
