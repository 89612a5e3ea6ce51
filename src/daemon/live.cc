#include "daemon/live.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/path_error.h"
#include "daemon/device_of.h"
#include "midi/message_bytes.h"

namespace midimon {
namespace {

// The longest wait without looking around: a bound for what a lost wake-up could cost.
constexpr Nanos kLongestWait = std::chrono::seconds(1);

void add(ParserLosses& sum, const ParserLosses& one) {
  sum.stray_bytes += one.stray_bytes;
  sum.cut_messages += one.cut_messages;
  sum.cut_sysex += one.cut_sysex;
  sum.oversized_sysex += one.oversized_sysex;
}

}  // namespace

Result<std::unique_ptr<Live>> Live::create(Act act, UpdateInputs inputs, const Clock& clock,
                                           const Facts& facts, LiveHooks hooks) {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return cannot("make", "an event", errno);
  std::unique_ptr<Live> live(
      new Live(std::move(inputs), clock, facts, std::move(hooks), std::move(event)));
  live->playing_ = live->make(std::move(act));
  return live;
}

Live::Live(UpdateInputs update, const Clock& clock, const Facts& facts, LiveHooks hooks,
           UniqueFd event)
    : update_(std::move(update)),
      clock_(clock),
      hooks_(std::move(hooks)),
      facts_(facts),
      event_(std::move(event)) {}

Live::~Live() = default;

std::unique_ptr<Live::Playing> Live::make(Act act) {
  PerformerHooks hooks;
  hooks.time_of = [this](Nanos at) {
    const Nanos realtime = clock_.realtime() - (clock_.monotonic() - at);
    return std::pair(at, std::chrono::floor<std::chrono::milliseconds>(realtime).count());
  };
  hooks.found = hooks_.found;
  hooks.mode_changed = hooks_.mode_changed;
  hooks.report = hooks_.report;
  hooks.wake = [this] { wake(); };
  auto performer = std::make_unique<Performer>(act.profile, act.callers, facts_, std::move(hooks));
  return std::make_unique<Playing>(Playing{std::move(act), std::move(performer)});
}

void Live::stop() {
  stopped_.store(true, std::memory_order_release);
  wake();
}

// One write is enough until it is noticed.
void Live::wake() {
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof one);
}

void Live::post(std::function<void()> task) {
  {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake();
}

void Live::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::scoped_lock lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks)
    task();
}

void Live::replace(Act act) {
  const Nanos now = clock_.monotonic();
  playing_->performer->disconnect(now, now);
  const std::string mode(mapper().mode_name());  // that of what is held is not there any more
  for (const auto& source : sources_)
    release_passed_on(*source);
  std::unique_ptr<Playing> next = make(std::move(act));
  const auto& modes = next->act.profile->modes;
  const auto same =
      std::find_if(modes.begin(), modes.end(), [&](const Mode& one) { return one.name == mode; });
  if (same != modes.end()) {
    next->performer->set_mode(static_cast<std::size_t>(same - modes.begin()));
  }
  ending_.push_back(std::exchange(playing_, std::move(next)));
  for (const auto& source : sources_) {
    introduce(*source);
    // The new profile has seen none of it, and is not told that it ends.
    source->released = std::exchange(source->held, {});
  }
}

LiveCounts Live::counts() const {
  LiveCounts counts = counts_;
  counts.in_flight = playing_->performer->in_flight();
  for (const auto& ending : ending_)
    counts.in_flight += ending->performer->in_flight();
  for (const auto& source : sources_) {
    counts.lost_packets += source->input->ring().lost();
    add(counts.unreadable, source->parser.losses());
  }
  return counts;
}

// Finds out what came and what went.
void Live::take_inputs() {
  update_(inputs_);
  for (const auto& input : inputs_) {
    const bool known = std::any_of(sources_.begin(), sources_.end(),
                                   [&](const auto& source) { return source->input == input; });
    if (known || input->is_gone()) continue;
    sources_.push_back(
        std::make_unique<Source>(Source{input, ByteParser(), {}, {}, free_number(), {}}));
    introduce(*sources_.back());
    if (hooks_.input_changed) hooks_.input_changed(*input, true);
  }
}

// The lowest that no input has; those beyond what a profile tells apart share the last.
std::size_t Live::free_number() const {
  std::size_t number = 0;
  const auto has = [&](const auto& source) { return source->number == number; };
  while (number + 1 < Recognizer::kMaxSources &&
         std::any_of(sources_.begin(), sources_.end(), has)) {
    ++number;
  }
  return number;
}

// Tells the performer which of the profile's devices an input is.
void Live::introduce(Source& source) {
  source.device = device_of(*playing_->act.profile, source.input->name());
  playing_->performer->set_source(source.number, source.device);
}

// All that came in, in the order of time, from whichever input.
void Live::take_packets() {
  while (true) {
    Source* next = nullptr;
    Nanos earliest = Nanos::max();
    for (const auto& source : sources_) {
      Nanos at{};
      if (source->input->ring().peek(at) && (next == nullptr || at < earliest)) {
        next = source.get();
        earliest = at;
      }
    }
    if (next == nullptr) return;
    (void)next->input->ring().take(
        [&](Nanos at, std::span<const std::uint8_t> bytes) { take_bytes(*next, at, bytes); });
  }
}

void Live::take_bytes(Source& source, Nanos at, std::span<const std::uint8_t> bytes) {
  Performer& performer = *playing_->performer;
  for (const std::uint8_t byte : bytes) {
    const auto message = source.parser.push(byte);
    if (!message) continue;
    ++counts_.messages;
    const Nanos now = clock_.monotonic();
    // What waited for the time to pass comes before what came after.
    if (const auto due = performer.next_deadline(); due && *due <= at) performer.advance(at, now);
    const bool sysex = message->kind() == MessageKind::sysex;
    const auto data = sysex ? source.parser.sysex() : std::span<const std::uint8_t>();
    if (hooks_.message) hooks_.message(*source.input, *message, data, at);
    const bool is_note = message->is_press() || message->is_release();
    if (is_note && source.released.is_held(message->channel(), message->data1)) {
      source.released.take(make_message(MessageKind::note_off, message->channel(), message->data1));
      if (message->is_release()) continue;
    }
    source.held.take(*message);
    pass_on(source, *message, data);
    if (sysex) {
      performer.feed_sysex(data, at, now, source.number);
    } else {
      performer.feed(*message, at, now, source.number);
    }
    counts_.matched += performer.take_matched();
  }
}

// Of an input that is gone no note stays down.
void Live::let_go(Source& source) {
  const Nanos now = clock_.monotonic();
  release_passed_on(source);
  playing_->performer->disconnect_source(source.number, now, now);
  counts_.matched += playing_->performer->take_matched();
  counts_.lost_packets += source.input->ring().lost();
  add(counts_.unreadable, source.parser.losses());
  if (hooks_.input_changed) hooks_.input_changed(*source.input, false);
}

void Live::pass_on(const Source& source, const Message& message,
                   std::span<const std::uint8_t> sysex) {
  const Profile& profile = *playing_->act.profile;
  if (profile.thru.empty() || !hooks_.pass_on) return;
  for (const ThruRule& rule : profile.thru) {
    if (rule.from && rule.from != source.device) continue;
    const auto passed = rule.filter.pass(message);
    if (!passed) continue;
    bytes_.clear();
    append_bytes(*passed, sysex, bytes_);
    ++counts_.passed_on;
    hooks_.pass_on(rule.to, bytes_);
  }
}

// What is down is released where it was passed on to.
void Live::release_passed_on(const Source& source) {
  HeldNotes held = source.held;
  held.release_all([&](const Message& release) { pass_on(source, release, {}); });
}

void Live::advance(Nanos now) {
  Performer& performer = *playing_->performer;
  if (const auto due = performer.next_deadline(); due && *due <= now) performer.advance(now, now);
  counts_.matched += performer.take_matched();
  performer.advance_actions(now);
  for (const auto& ending : ending_)
    ending->performer->advance_actions(now);
  std::erase_if(ending_, [](const auto& ending) { return ending->performer->in_flight() == 0; });
}

Nanos Live::next_due() const {
  Nanos due = Nanos::max();
  const auto sooner = [&due](const std::optional<Nanos>& at) {
    due = std::min(due, at.value_or(due));
  };
  sooner(playing_->performer->next_deadline());
  sooner(playing_->performer->next_action_due());
  for (const auto& ending : ending_)
    sooner(ending->performer->next_action_due());
  return due;
}

void Live::wait(Nanos most) {
  const Nanos now = clock_.monotonic();
  const Nanos due = next_due();
  const Nanos rest = due <= now ? Nanos{} : std::min(due - now, most);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
  const timespec timeout{static_cast<time_t>(seconds.count()),
                         static_cast<long>((rest - seconds).count())};
  pollfd event{event_.get(), POLLIN, 0};
  if (::ppoll(&event, 1, &timeout, nullptr) > 0) {
    std::uint64_t count = 0;
    (void)!::read(event_.get(), &count, sizeof count);
  }
  // Before anything is taken, so that what comes from now on wakes again.
  woken_.store(false, std::memory_order_release);
}

void Live::run() {
  while (!stopped_.load(std::memory_order_acquire)) {
    run_tasks();
    take_inputs();
    // Before what came is taken, so that no wait ends that something which came in time would end.
    const Nanos now = clock_.monotonic();
    take_packets();
    for (auto& source : sources_) {
      if (source->input->is_gone()) let_go(*source);
    }
    std::erase_if(sources_, [](const auto& source) { return source->input->is_gone(); });
    advance(now);
    wait(kLongestWait);
  }
  end();
}

// What runs is cancelled first, so that what a release calls for does not wait for it.
void Live::end() {
  const Nanos began = clock_.monotonic();
  playing_->performer->cancel_all(began);
  for (const auto& ending : ending_)
    ending->performer->cancel_all(began);
  ending_.clear();
  for (const auto& source : sources_)
    release_passed_on(*source);
  playing_->performer->disconnect(began, began);
  Nanos now = began;
  while (playing_->performer->in_flight() > 0 && now < began + kTimeToRelease) {
    wait(began + kTimeToRelease - now);
    now = clock_.monotonic();
    advance(now);
  }
  playing_->performer->cancel_all(now);
  playing_->act.keep.reset();
}

}  // namespace midimon
