// What it costs to find out what an event is and what it is mapped to, with few mappings and with
// many: the figures should be the same. Run by `make bench`.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "events/detector.h"
#include "mapping/mapper.h"
#include "midi/byte_parser.h"

namespace midimon::bench {
namespace {

// So many mappings, spread over all notes and controllers of all channels, of five kinds.
std::shared_ptr<const Profile> profile(int mappings) {
  Profile made;
  made.modes.push_back({"Default", "", {}});
  for (int i = 0; i < mappings; ++i) {
    const auto number = static_cast<std::uint8_t>(i / 5 % 128);
    const auto channel = static_cast<std::uint8_t>(i / 5 / 128 % 16);
    Trigger trigger = NoteTrigger{number, channel};
    if (i % 5 == 1) trigger = ControlTrigger{number, channel};
    if (i % 5 == 2) trigger = ReleaseTrigger{number, channel};
    if (i % 5 == 3) trigger = HoldTrigger{number, channel, std::chrono::milliseconds(500)};
    if (i % 5 == 4) trigger = DoubleTapTrigger{number, channel, std::chrono::milliseconds(100)};
    made.global_mappings.push_back({std::to_string(i), std::move(trigger), Action{Delay{}}, {}});
  }
  return std::make_shared<const Profile>(std::move(made));
}

// A piece of everything on channel 1, with times that let presses be taps, holds and double taps.
struct Event {
  Message message;
  Nanos at;
};
std::vector<Event> piece() {
  std::vector<Event> events;
  Nanos at{};
  for (int i = 0; i < 4096; ++i) {
    const int note = i * 7 % 64;
    const auto wait = std::chrono::milliseconds(i % 16 == 0 ? 600 : i % 4 * 10);
    events.push_back({make_message(MessageKind::note_on, 0, note, 100), at += wait});
    events.push_back({make_message(MessageKind::control_change, 0, i % 40, i % 128), at});
    events.push_back({make_message(MessageKind::note_off, 0, note), at += wait});
  }
  return events;
}

void detect_and_map(::benchmark::State& state) {
  const Mapper mapper(profile(static_cast<int>(state.range(0))));
  Detector detector(mapper.rules());
  const std::vector<Event> events = piece();
  std::vector<Gesture> gestures;
  std::vector<const Mapping*> found;
  std::size_t matched = 0;
  std::size_t i = 0;
  Nanos round{};
  for (auto _ : state) {
    gestures.clear();
    detector.feed(events[i].message, events[i].at + round, gestures);
    for (const Gesture& gesture : gestures) {
      mapper.match(gesture, found);
      matched += found.size();
    }
    if (++i < events.size()) continue;
    i = 0;
    round += events.back().at;
  }
  if (matched == 0 && state.iterations() > 1000) std::abort();  // nothing was measured
  state.counters["mappings found per event"] =
      static_cast<double>(matched) / static_cast<double>(state.iterations());
}
BENCHMARK(detect_and_map)->Name("detector + mapper, mappings")->Arg(100)->Arg(1000)->Arg(10000);

void parse(::benchmark::State& state) {
  std::vector<std::uint8_t> bytes;
  for (const Event& event : piece()) {
    bytes.insert(bytes.end(), {event.message.status, event.message.data1, event.message.data2});
  }
  ByteParser parser;
  std::size_t i = 0;
  for (auto _ : state) {
    ::benchmark::DoNotOptimize(parser.push(bytes[i]));
    if (++i == bytes.size()) i = 0;
  }
}
BENCHMARK(parse)->Name("byte parser, a byte");

}  // namespace
}  // namespace midimon::bench

BENCHMARK_MAIN();
