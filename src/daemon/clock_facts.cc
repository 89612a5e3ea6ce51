#include "daemon/clock_facts.h"

#include <ctime>

namespace midimon {

LocalTime ClockFacts::local_time() const {
  const std::time_t now =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.realtime()).count();
  std::tm parts{};
  if (::localtime_r(&now, &parts) == nullptr) return {};
  return {parts.tm_wday == 0 ? 7 : parts.tm_wday, parts.tm_hour * 60 + parts.tm_min};
}

}  // namespace midimon
