// The Folding class makes few events of many that say the same: repeats are counted, and a flood of
// refused operations is summed up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "audit/event.h"
#include "base/clock.h"

namespace midimon::audit {

// An event that owns its texts.
class StoredEvent {
 public:
  StoredEvent() = default;
  explicit StoredEvent(const Event& event) { *this = event; }
  StoredEvent& operator=(const Event& event);
  // Valid until this changes.
  [[nodiscard]] const Event& get() const { return event_; }
  [[nodiscard]] Event& numbers() { return event_; }

 private:
  Event event_;
  std::string texts_;
};

// What one plugin may have refused in a second, and in a burst, before the rest is summed up.
struct FloodLimits {
  std::uint32_t per_second = 100;
  std::uint32_t burst = 200;
};

// For one thread at a time.
class Folding {
 public:
  using Take = std::function<void(const Event&)>;
  // `take` gets what remains, in order for each plugin.
  Folding(FloodLimits limits, Take take) : limits_(limits), take_(std::move(take)) {}

  // An event that was refused like the one before it of the same plugin (kind, result, paths) is
  // counted; the count comes as an event of its own when something else comes from that plugin, or
  // a second after the first it counts. What is refused beyond the limits is counted too, and comes
  // once a second, and before the end of a call, as one event without a path and with the detail
  // "flood"; its kind and result are those of the first it stands for.
  void take(const Event& event, Nanos now);

  // Hands on the counts that are due.
  void tick(Nanos now);
  // Hands on all counts.
  void finish();

 private:
  struct Plugin {
    StoredEvent last;  // refused, and handed on; or none
    bool has_last = false;
    StoredEvent repeated;  // the latest like it
    std::uint64_t repeats = 0;
    Nanos first_repeat{};
    StoredEvent flood;
    std::uint64_t flooded = 0;
    Nanos first_flooded{};
    double tokens = 0;
    Nanos filled{};
  };
  Plugin& plugin(std::string_view id, Nanos now);
  bool spend(Plugin& plugin, Nanos now) const;
  void hand_on_repeats(Plugin& plugin);
  void hand_on_flood(Plugin& plugin);

  FloodLimits limits_;
  Take take_;
  std::map<std::string, Plugin, std::less<>> plugins_;
};

}  // namespace midimon::audit
