// Where a recorder writes the events that it took.
#pragma once

#include <optional>

#include "audit/event.h"
#include "midimon/result.h"

namespace midimon::audit {

// The EventLog class keeps events. For one thread at a time; what was taken is written, or given
// up, by the time it goes.
class EventLog {
 public:
  virtual ~EventLog() = default;
  // Takes the event, to be written by the next flush, or at once when much has come together.
  virtual void append(const Event& event) = 0;
  // Writes what was taken. False: it could not be written, and is counted as lost.
  virtual bool flush() = 0;
  // To be called about once a second.
  virtual void tick() {}
  // Why the last attempt to write failed; none while all is well.
  [[nodiscard]] virtual const std::optional<Error>& error() const = 0;
};

}  // namespace midimon::audit
