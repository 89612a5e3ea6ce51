// clock_*: the realtime and the monotonic clock. CPU clocks would tell a guest about its
// neighbours.
#include "wasi/calls.h"

namespace midimon::wasi {
namespace {

// Both clocks of Linux count nanoseconds (CONFIG_HIGH_RES_TIMERS).
constexpr std::uint64_t kResolution = 1;

Errno check(const HostCall& call, std::uint32_t id, Ptr out) {
  if (id == abi::kClockProcessCpu || id == abi::kClockThreadCpu) return Errno::badf;
  if (id != abi::kClockRealtime && id != abi::kClockMonotonic) return Errno::inval;
  return call.memory.holds<std::uint64_t>(out) ? Errno::success : Errno::fault;
}

}  // namespace

Errno clock_res_get(Context&, HostCall& call, std::uint32_t id, Ptr resolution) {
  call.budget.charge(cost::kCall);
  const Errno checked = check(call, id, resolution);
  if (checked == Errno::success) call.memory.store(resolution, kResolution);
  return checked;
}

Errno clock_time_get(Context& context, HostCall& call, std::uint32_t id, std::uint64_t, Ptr time) {
  call.budget.charge(cost::kCall);
  const Errno checked = check(call, id, time);
  if (checked != Errno::success) return checked;
  const Nanos now =
      id == abi::kClockRealtime ? context.clock().realtime() : context.clock().monotonic();
  call.memory.store(time, static_cast<std::uint64_t>(now.count()));
  return Errno::success;
}

}  // namespace midimon::wasi
