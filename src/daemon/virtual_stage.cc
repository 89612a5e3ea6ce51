#include "daemon/virtual_stage.h"

#include <algorithm>

namespace midimon {

VirtualStage::VirtualStage(const std::shared_ptr<const Profile>& profile, const Facts& facts,
                           VirtualHooks hooks)
    : hooks_(std::move(hooks)),
      performer_(profile, {*this, *this}, facts,
                 {[](Nanos at) {
                    return std::pair(at, std::chrono::floor<std::chrono::milliseconds>(at).count());
                  },
                  hooks_.found,
                  hooks_.mode_changed,
                  hooks_.report,
                  {},
                  hooks_.asks}) {}

void VirtualStage::set_time(Nanos now) {
  now_ = now;
  if (told_) told_(now);
}

void VirtualStage::run_until(Nanos end) {
  while (true) {
    const Nanos gesture = performer_.next_deadline().value_or(Nanos::max());
    const Nanos action = performer_.next_action_due().value_or(Nanos::max());
    const Nanos call = calls_.empty() ? Nanos::max() : calls_.begin()->first;
    const Nanos next = std::min({gesture, action, call});
    if (next == Nanos::max() || next > end) break;
    set_time(next);
    if (gesture == next) performer_.advance(next, next);
    end_calls();
    performer_.advance_actions(next);
  }
  if (end != Nanos::max()) set_time(end);
}

void VirtualStage::end_calls() {
  while (!calls_.empty() && calls_.begin()->first <= now_)
    calls_.extract(calls_.begin()).mapped()();
}

void VirtualStage::feed(const Message& message, std::size_t source) {
  performer_.feed(message, now_, now_, source);
  performer_.advance_actions(now_);
}

void VirtualStage::feed_sysex(std::span<const std::uint8_t> bytes, std::size_t source) {
  performer_.feed_sysex(bytes, now_, now_, source);
  performer_.advance_actions(now_);
}

void VirtualStage::disconnect() {
  performer_.disconnect(now_, now_);
  performer_.advance_actions(now_);
}

void VirtualStage::disconnect_source(std::size_t source) {
  performer_.disconnect_source(source, now_, now_);
  performer_.advance_actions(now_);
}

void VirtualStage::answer(VirtualAnswer answer, std::function<void(PluginReport)> done) {
  if (answer.took <= Nanos{}) {
    done(std::move(answer.report));
    return;
  }
  calls_.emplace(now_ + answer.took,
                 [report = std::move(answer.report), done = std::move(done)] { done(report); });
}

void VirtualStage::call(PluginCall call, std::function<void(PluginReport)> done) {
  answer(hooks_.plugin(call), std::move(done));
}

void VirtualStage::call(SystemRequest request, std::stop_token /*stop*/,
                        std::function<void(SystemReport)> done) {
  answer(hooks_.system(request), [done = std::move(done)](const PluginReport& report) {
    done({report.outcome, report.message});
  });
}

}  // namespace midimon
