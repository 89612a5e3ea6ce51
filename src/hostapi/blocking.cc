#include "hostapi/blocking.h"

#include <algorithm>

namespace midimon::hostapi {

Until until_of(const Context& context, const HostCall& call,
               std::optional<std::uint32_t> timeout_ms) {
  Until until;
  until.deadline = call.budget.deadline();
  if (timeout_ms) {
    until.deadline = std::min(until.deadline,
                              context.clock().monotonic() + std::chrono::milliseconds(*timeout_ms));
  }
  if (const wasm::CancelSource* cancel = call.budget.cancel()) {
    until.cancel_fd = cancel->fd();
    until.cancelled = [cancel] { return cancel->cancelled(); };
  }
  return until;
}

Answer failed(Context& context, HostCall& call, const Until& until, const Error& error) {
  context.explain(Answer::failed, error.message);
  if (until.is_cancelled()) {
    call.budget.stop(wasm::StopReason::cancelled);
    return Answer::failed;
  }
  if (context.clock().monotonic() >= call.budget.deadline()) {
    call.budget.stop(wasm::StopReason::deadline);
    return Answer::timed_out;
  }
  if (until.is_late()) return Answer::timed_out;
  if (error.code == ErrorCode::limit) return Answer::failed;
  if (error.code == ErrorCode::denied) return Answer::not_granted;
  if (error.code == ErrorCode::unsupported) return Answer::unavailable;
  return error.code == ErrorCode::invalid ? Answer::invalid : Answer::failed;
}

}  // namespace midimon::hostapi
