#include "audit/recorder.h"

#include <utility>

namespace midimon::audit {

Recorder::Recorder(std::unique_ptr<Journal> journal, RecorderOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      journal_(std::move(journal)),
      folding_(options_.flood, [this](const Event& event) { hand_on(event); }),
      writable_(journal_ != nullptr && !journal_->error()) {
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
  journal_.reset();
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
  if (journal_) journal_->append(stamped);
  if (callback_) callback_->push(stamped, stamped.time);
}

void Recorder::settle() {
  folding_.tick(clock_.monotonic());
  if (!journal_) return;
  journal_->flush();
  journal_->tick();
  const bool writable = !journal_->error();
  if (writable_.exchange(writable) != writable && options_.on_trouble) {
    options_.on_trouble(journal_->error());
  }
}

}  // namespace midimon::audit
