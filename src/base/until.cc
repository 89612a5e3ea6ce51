#include "base/until.h"

#include <algorithm>
#include <array>

namespace midimon {
namespace {

// How often to look for a cancel that has no descriptor to wake us.
constexpr Nanos kLookForCancel = std::chrono::milliseconds(20);
constexpr Nanos kLongestWait = std::chrono::minutes(1);

}  // namespace

int Until::milliseconds() const {
  const Nanos now = SystemClock().monotonic();
  const Nanos longest = cancelled && cancel_fd < 0 ? kLookForCancel : kLongestWait;
  const Nanos rest = std::min(deadline > now ? deadline - now : Nanos{}, longest);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(rest).count());
}

bool wait_for(int fd, short events, const Until& until) {
  std::array<pollfd, 2> all = {pollfd{fd, events, 0}, pollfd{until.cancel_fd, POLLIN, 0}};
  while (!until.is_over()) {
    const int ready = ::poll(all.data(), all.size(), until.milliseconds());
    if (ready > 0 && all[1].revents != 0) return false;
    if (ready > 0) return true;
  }
  return false;
}

}  // namespace midimon
