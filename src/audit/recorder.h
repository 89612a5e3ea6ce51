// The Recorder class takes events on the plugins' threads and hands them on from a thread of its
// own: to the journal, and to a program that embeds the library.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "audit/drain.h"
#include "audit/event.h"
#include "audit/event_log.h"
#include "audit/folding.h"
#include "base/clock.h"

namespace midimon::audit {

struct RecorderOptions {
  std::size_t ring_bytes = 4UL * 1024 * 1024;
  // An operation is refused while the journal cannot be written, and every event waits until it was
  // (a count of refused ones: at most a second longer).
  bool strict = false;
  FloodLimits flood;
  // Gets what the journal gets, in the same order, on a thread of its own: it may be slow, which
  // loses events here and nowhere else, and it may throw. None is fine.
  std::function<void(const Event&)> on_event;
  // Told when the journal cannot be written any more, and (none) when it can again. On the writer's
  // thread.
  std::function<void(const std::optional<Error>&)> on_trouble;
};

// Thread-safe.
class Recorder final : public Sink {
 public:
  // `log` may be null; a strict recorder without one admits nothing. `clock` is thread-safe and
  // outlives this.
  Recorder(std::unique_ptr<EventLog> log, RecorderOptions options, const Clock& clock);
  // Hands on and writes all there is, and ends the journal cleanly. Nobody may record meanwhile.
  ~Recorder() override;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  [[nodiscard]] bool admits() override { return !options_.strict || writable_; }
  void record(const Event& event) override;

  // Waits until what was recorded before has been handed on and written, or counted as lost. Counts
  // that are not due are not waited for.
  void flush();

  // What `on_event` threw so far.
  [[nodiscard]] std::uint64_t thrown() const { return callback_ ? callback_->thrown() : 0; }

 private:
  void hand_on(const Event& event);
  void settle();

  RecorderOptions options_;
  const Clock& clock_;
  std::unique_ptr<EventLog> log_;  // of the writer's thread
  Folding folding_;                // so is this
  std::atomic<bool> writable_;
  std::unique_ptr<Drain> callback_;
  std::unique_ptr<Drain> writer_;
};

}  // namespace midimon::audit
