// poll_oneoff: clocks and streams. Regular files are always ready.
#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "wasi/calls.h"
#include "wasi/wait.h"

namespace midimon::wasi {
namespace {

// A guest has at most a few dozen things to wait for; the list is copied, so it must have a bound.
constexpr Size kMaxSubscriptions = 1024;

// One subscription, copied from the guest and understood.
struct Item {
  std::uint64_t userdata = 0;
  std::uint8_t type = 0;
  Nanos due = Nanos::max();  // of a clock, on the monotonic clock
  int watch = -1;            // index of the descriptor to poll; -1 for what is always ready
  std::uint64_t nbytes = 0;  // that can be read at once
};

struct Plan {
  std::vector<Item> items;
  std::vector<pollfd> watches;
  Nanos until = Nanos::max();
};

// When a clock subscription is due, on the monotonic clock; none where its numbers make no sense.
std::optional<Nanos> due_at(const Context& context, const abi::Subscription& sub) {
  if (sub.timeout > static_cast<std::uint64_t>(Nanos::max().count())) return {};
  if ((sub.flags & ~abi::kClockAbsolute) != 0) return {};
  const bool realtime = sub.clock_or_fd == abi::kClockRealtime;
  if (!realtime && sub.clock_or_fd != abi::kClockMonotonic) return {};
  const Nanos timeout(static_cast<Nanos::rep>(sub.timeout));
  const bool absolute = (sub.flags & abi::kClockAbsolute) != 0;
  if (absolute && !realtime) return timeout;
  // Both times are positive, so this cannot overflow; the sum below can.
  const Nanos wait = absolute ? timeout - context.clock().realtime() : timeout;
  Nanos::rep due = 0;
  if (__builtin_add_overflow(context.clock().monotonic().count(), wait.count(), &due)) return {};
  return Nanos(due);
}

// The kernel's monotonic clock, by which is slept, when the guest's says `due`: what a guest is
// told may be another time.
Nanos on_kernel_clock(const Context& context, Nanos due) {
  if (due == Nanos::min() || due == Nanos::max()) return due;
  const Nanos wait = due - context.clock().monotonic();  // of positive times: no overflow
  const Nanos now = std::chrono::steady_clock::now().time_since_epoch();
  Nanos::rep end = 0;
  return __builtin_add_overflow(now.count(), wait.count(), &end) ? Nanos::max() : Nanos(end);
}

// The bytes that can be read at once from a file; 0 for a stream, which does not tell.
std::uint64_t readable_bytes(Descriptor& descriptor) {
  if (!descriptor.file) return 0;
  const ErrnoOr<vfs::Stat> status = descriptor.file->stat();
  const auto position = descriptor.position();
  if (!status || !position || status->size <= *position) return 0;
  return status->size - *position;
}

Errno plan_stream(Context& context, const abi::Subscription& sub, Item& item, Plan& plan) {
  const bool reading = sub.tag == abi::kEventFdRead;
  Descriptor* descriptor = context.fds().find(sub.clock_or_fd);
  if (descriptor == nullptr || descriptor->directory != nullptr) return Errno::badf;
  if (reading ? !descriptor->readable : !descriptor->writable) return Errno::badf;
  int fd = -1;
  if (reading && descriptor->input != nullptr) fd = descriptor->input->poll_fd();
  if (!reading && descriptor->output != nullptr) fd = descriptor->output->poll_fd();
  if (fd < 0) {
    if (reading) item.nbytes = readable_bytes(*descriptor);
    plan.until = Nanos::min();
    return Errno::success;
  }
  if (plan.watches.size() == kMaxWaits) return Errno::inval;
  item.watch = static_cast<int>(plan.watches.size());
  plan.watches.push_back({fd, static_cast<short>(reading ? POLLIN : POLLOUT), 0});
  return Errno::success;
}

Errno plan_item(Context& context, const abi::Subscription& sub, Plan& plan) {
  Item item;
  item.userdata = sub.userdata;
  item.type = sub.tag;
  if (sub.tag == abi::kEventClock) {
    const std::optional<Nanos> due = due_at(context, sub);
    if (!due) return Errno::inval;
    item.due = *due;
    plan.until = std::min(plan.until, *due);
  } else if (sub.tag == abi::kEventFdRead || sub.tag == abi::kEventFdWrite) {
    const Errno planned = plan_stream(context, sub, item, plan);
    if (planned != Errno::success) return planned;
  } else {
    return Errno::inval;
  }
  plan.items.push_back(item);
  return Errno::success;
}

// The event of `item`, if there is one now.
std::optional<abi::Event> event_of(const Item& item, const Plan& plan, Nanos now) {
  abi::Event event{};
  event.userdata = item.userdata;
  event.type = item.type;
  event.nbytes = item.nbytes;
  if (item.type == abi::kEventClock) return now >= item.due ? std::optional(event) : std::nullopt;
  if (item.watch < 0) return event;
  const short revents = plan.watches[static_cast<std::size_t>(item.watch)].revents;
  if (revents == 0) return {};
  if ((revents & POLLNVAL) != 0) event.error = static_cast<std::uint16_t>(Errno::badf);
  if ((revents & POLLHUP) != 0) event.flags = abi::kEventHangup;
  return event;
}

}  // namespace

Errno poll_oneoff(Context& context, HostCall& call, Ptr subscriptions, Ptr events, Size count,
                  Ptr nevents) {
  call.budget.charge(cost::kSystemCall);
  if (count == 0 || count > kMaxSubscriptions) return Errno::inval;
  call.budget.charge(std::uint64_t{count} * cost::kCall);
  const wasm::GuestMemory& memory = call.memory;
  if (!memory.contains(subscriptions, std::uint64_t{count} * sizeof(abi::Subscription)) ||
      !memory.contains(events, std::uint64_t{count} * sizeof(abi::Event)) ||
      !memory.holds<Size>(nevents) || subscriptions % alignof(abi::Subscription) != 0 ||
      events % alignof(abi::Event) != 0) {
    return Errno::fault;
  }
  Plan plan;
  plan.items.reserve(count);
  for (Size i = 0; i < count; ++i) {
    const Errno planned = plan_item(
        context,
        memory.load<abi::Subscription>(subscriptions + i * Size{sizeof(abi::Subscription)}), plan);
    if (planned != Errno::success) return planned;
  }
  const Waited waited = wait_for(plan.watches, on_kernel_clock(context, plan.until), call.budget);
  if (waited == Waited::over) return Errno::intr;

  // What was waited for is due, whatever the guest's clock says of the time meanwhile.
  Nanos now = context.clock().monotonic();
  if (waited == Waited::timeout) now = std::max(now, plan.until);
  Size given = 0;
  for (const Item& item : plan.items) {
    const std::optional<abi::Event> event = event_of(item, plan, now);
    if (event) memory.store(events + given++ * Size{sizeof(abi::Event)}, *event);
  }
  memory.store(nevents, given);
  return Errno::success;
}

}  // namespace midimon::wasi
