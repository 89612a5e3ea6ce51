// Once it is warm, the way from bytes to mappings allocates nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "mapping/profile_toml.h"
#include "mapping/recognizer.h"
#include "midi/byte_parser.h"

namespace {

std::atomic<std::size_t> g_allocations = 0;

}  // namespace

// Not inlined, for the compiler would then see malloc() and free() in places where it expects their
// pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++g_allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace midimon {
namespace {

TEST(Allocation, AnEventCostsNoneOnceAllIsWarm) {
  auto profile = parse_profile(R"(
global_mappings = [
  { trigger = { type = "Note", note = 36 }, action = { type = "Delay", ms = 1 } },
  { trigger = { type = "LongPress", note = 36 }, action = { type = "Delay", ms = 1 } },
  { trigger = { type = "DoubleTap", note = 36 }, action = { type = "Delay", ms = 1 } },
  { trigger = { type = "NoteChord", notes = [36, 38] }, action = { type = "Delay", ms = 1 } },
  { trigger = { type = "EncoderTurn", cc = 3 }, action = { type = "Delay", ms = 1 } },
  { trigger = { type = "SysEx", pattern = "7E *" }, condition = { type = "Or", conditions = [
      { type = "ModeIs", mode = 0 }, { type = "Always" } ] }, action = { type = "Delay", ms = 1 } },
])",
                               "p.toml");
  ASSERT_TRUE(profile) << profile.error().message;
  std::size_t matched = 0;
  Recognizer recognizer(std::make_shared<const Profile>(std::move(*profile)), no_facts(),
                        {[&matched](const Gesture&, std::span<const Mapping* const> found) {
                          matched += found.size();
                        }});
  ByteParser parser;
  Nanos now{};
  const auto play = [&] {
    for (int i = 0; i < 500; ++i) {
      for (const int byte : {0x90, 36, 100, 38, 100, 36, 0, 0xB0, 3, i % 128, 0x90, 38, 0, 0xF0,
                             0x7E, i % 128, 0xF7, 0xF8}) {
        now += std::chrono::milliseconds(i % 40);
        const auto message = parser.push(static_cast<std::uint8_t>(byte));
        if (!message) continue;
        if (message->kind() == MessageKind::sysex) {
          recognizer.feed_sysex(parser.sysex(), now);
        } else {
          recognizer.feed(*message, now);
        }
        recognizer.advance(now);
      }
    }
  };
  play();
  const std::size_t before = g_allocations;
  matched = 0;
  play();
  EXPECT_EQ(g_allocations - before, 0U);
  EXPECT_GT(matched, 1000U);
}

}  // namespace
}  // namespace midimon
