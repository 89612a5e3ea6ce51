#include "audit/folding.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace midimon::audit {
namespace {

constexpr Nanos kSecond = std::chrono::seconds(1);
// Ids come from modules; no user has so many, and whoever has starts to count anew.
constexpr std::size_t kMostPlugins = 1024;

constexpr std::array kTexts = {&Event::plugin,    &Event::version, &Event::mount,
                               &Event::directory, &Event::path,    &Event::target_directory,
                               &Event::target,    &Event::detail};

std::uint64_t weight(const Event& event) {
  return std::max<std::uint64_t>(event.count, 1);
}

bool is_refused(const Event& event) {
  return event.result != Errno::success && event.kind != EventKind::load &&
         event.kind != EventKind::call && event.kind != EventKind::end;
}

bool is_repeat(const Event& event, const Event& last) {
  return event.kind == last.kind && event.result == last.result &&
         std::all_of(kTexts.begin(), kTexts.end(),
                     [&](auto text) { return event.*text == last.*text; });
}

}  // namespace

StoredEvent& StoredEvent::operator=(const Event& event) {
  std::string texts;
  for (const auto text : kTexts)
    texts += event.*text;
  event_ = event;
  texts_ = std::move(texts);
  std::string_view rest = texts_;
  for (const auto text : kTexts) {
    event_.*text = rest.substr(0, (event.*text).size());
    rest.remove_prefix((event.*text).size());
  }
  return *this;
}

void Folding::take(const Event& event, Nanos now) {
  if (event.plugin.empty()) {
    take_(event);
    return;
  }
  Plugin& state = plugin(event.plugin, now);
  const bool refused = is_refused(event);
  if (refused && state.has_last && is_repeat(event, state.last.get())) {
    if (state.repeats == 0) state.first_repeat = now;
    state.repeats += weight(event);
    state.repeated = event;
    if (now - state.first_repeat >= kSecond) hand_on_repeats(state);
    return;
  }
  hand_on_repeats(state);
  if (event.kind == EventKind::end) hand_on_flood(state);
  if (refused && !spend(state, now)) {
    state.has_last = false;
    if (state.flooded == 0) {
      state.first_flooded = now;
      state.flood = event;
    }
    state.flooded += weight(event);
    if (now - state.first_flooded >= kSecond) hand_on_flood(state);
    return;
  }
  state.has_last = refused;
  if (refused) state.last = event;
  take_(event);
}

void Folding::tick(Nanos now) {
  for (auto& [id, state] : plugins_) {
    if (state.repeats > 0 && now - state.first_repeat >= kSecond) hand_on_repeats(state);
    if (state.flooded > 0 && now - state.first_flooded >= kSecond) hand_on_flood(state);
  }
}

void Folding::finish() {
  for (auto& [id, state] : plugins_) {
    hand_on_repeats(state);
    hand_on_flood(state);
  }
}

Folding::Plugin& Folding::plugin(std::string_view id, Nanos now) {
  const auto found = plugins_.find(id);
  if (found != plugins_.end()) return found->second;
  if (plugins_.size() >= kMostPlugins) {
    finish();
    plugins_.clear();
  }
  Plugin& state = plugins_[std::string(id)];
  state.tokens = limits_.burst;
  state.filled = now;
  return state;
}

// Takes one token, where there is one.
bool Folding::spend(Plugin& state, Nanos now) const {
  const double seconds = std::chrono::duration<double>(now - state.filled).count();
  state.filled = now;
  state.tokens =
      std::min(state.tokens + seconds * limits_.per_second, static_cast<double>(limits_.burst));
  if (state.tokens < 1) return false;
  state.tokens -= 1;
  return true;
}

void Folding::hand_on_repeats(Plugin& state) {
  if (state.repeats == 0) return;
  state.repeated.numbers().count = state.repeats;
  state.repeats = 0;
  take_(state.repeated.get());
}

void Folding::hand_on_flood(Plugin& state) {
  if (state.flooded == 0) return;
  Event sum;
  sum.kind = state.flood.get().kind;
  sum.result = state.flood.get().result;
  sum.time = state.flood.get().time;
  sum.plugin = state.flood.get().plugin;
  sum.version = state.flood.get().version;
  sum.detail = "flood";
  sum.count = state.flooded;
  state.flooded = 0;
  take_(sum);
}

}  // namespace midimon::audit
