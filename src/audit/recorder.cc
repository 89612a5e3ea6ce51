#include "audit/recorder.h"

#include <utility>

namespace midimon::audit {

Recorder::Recorder(std::unique_ptr<EventLog> log, RecorderOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      log_(std::move(log)),
      folding_(options_.flood, [this](const Event& event) { hand_on(event); }),
      writable_(log_ != nullptr && !log_->error()) {
  if (options_.on_event) {
    callback_ = std::make_unique<Drain>(
        options_.ring_bytes,
        Drain::Work{[this](const Event& event) { options_.on_event(event); }, [] {}});
  }
  writer_ = std::make_unique<Drain>(
      options_.ring_bytes,
      Drain::Work{[this](const Event& event) { folding_.take(event, clock_.monotonic()); },
                  [this] { settle(); }});
}

Recorder::~Recorder() {
  writer_.reset();
  folding_.finish();
  log_.reset();
  callback_.reset();
}

void Recorder::record(const Event& event) {
  const Nanos time = event.time == Nanos{} ? clock_.realtime() : event.time;
  if (options_.strict) {
    writer_->push_and_wait(event, time);
  } else {
    writer_->push(event, time);
  }
}

void Recorder::flush() {
  writer_->wait_for_all();
  if (callback_) callback_->wait_for_all();
}

void Recorder::hand_on(const Event& event) {
  Event stamped = event;
  if (stamped.time == Nanos{}) stamped.time = clock_.realtime();
  if (log_) log_->append(stamped);
  if (callback_) callback_->push(stamped, stamped.time);
}

void Recorder::settle() {
  folding_.tick(clock_.monotonic());
  if (!log_) return;
  log_->flush();
  log_->tick();
  const bool writable = !log_->error();
  if (writable_.exchange(writable) != writable && options_.on_trouble) {
    options_.on_trouble(log_->error());
  }
}

}  // namespace midimon::audit
