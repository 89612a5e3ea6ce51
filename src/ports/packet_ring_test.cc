#include "ports/packet_ring.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace midimon {
namespace {

using Bytes = std::vector<std::uint8_t>;

class Ring : public testing::Test {
 protected:
  bool put(Nanos at, const Bytes& bytes) { return ring_->put(at, bytes); }
  // The next packet, put together; empty if there is none.
  Bytes take(Nanos* at = nullptr) {
    Bytes out;
    (void)ring_->take([&](Nanos when, std::span<const std::uint8_t> piece) {
      if (at != nullptr) *at = when;
      out.insert(out.end(), piece.begin(), piece.end());
    });
    return out;
  }

  std::unique_ptr<PacketRing> ring_ = std::make_unique<PacketRing>();
};

TEST_F(Ring, GivesWhatWasPutInItsOrder) {
  EXPECT_TRUE(put(Nanos(5), {0x90, 60, 99}));
  EXPECT_TRUE(put(Nanos(6), {0xF8}));
  Nanos at{};
  EXPECT_TRUE(ring_->peek(at));
  EXPECT_EQ(at, Nanos(5));
  EXPECT_EQ(take(&at), (Bytes{0x90, 60, 99}));
  EXPECT_EQ(take(&at), Bytes{0xF8});
  EXPECT_EQ(at, Nanos(6));
  EXPECT_TRUE(take().empty());
  EXPECT_FALSE(ring_->peek(at));
}

TEST_F(Ring, GoesRoundWhateverTheSizes) {
  for (std::size_t i = 0; i < 5000; ++i) {
    Bytes bytes(1 + i % 200);
    std::iota(bytes.begin(), bytes.end(), static_cast<std::uint8_t>(i));
    ASSERT_TRUE(put(Nanos(i), bytes));
    ASSERT_EQ(take(), bytes) << i;
  }
  EXPECT_EQ(ring_->lost(), 0U);
}

TEST_F(Ring, WhatDoesNotFitIsCountedAndTheRestIsWhole) {
  const Bytes large(PacketRing::kBytes / 2, 7);
  EXPECT_TRUE(put({}, large));
  EXPECT_FALSE(put({}, large)) << "the heads need room too";
  EXPECT_TRUE(put({}, {1, 2, 3}));
  EXPECT_EQ(ring_->lost(), 1U);
  EXPECT_EQ(take(), large);
  EXPECT_EQ(take(), (Bytes{1, 2, 3}));
  EXPECT_TRUE(put({}, large));
}

TEST_F(Ring, OneThreadPutsWhileAnotherTakes) {
  constexpr std::size_t kPackets = 200'000;
  std::thread putter([this] {
    for (std::size_t i = 0; i < kPackets;) {
      const Bytes bytes(1 + i % 30, static_cast<std::uint8_t>(i));
      if (put(Nanos(i), bytes)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (std::size_t i = 0; i < kPackets;) {
    Nanos at{};
    const Bytes bytes = take(&at);
    if (bytes.empty()) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(at, Nanos(i));
    ASSERT_EQ(bytes, Bytes(1 + i % 30, static_cast<std::uint8_t>(i)));
    ++i;
  }
  putter.join();
}

}  // namespace
}  // namespace midimon
