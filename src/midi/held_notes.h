// The HeldNotes class knows which notes are down, so that none stays so when its controller goes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "midi/message.h"

namespace midimon {

// A fixed 256 bytes, no allocation. Not thread-safe.
class HeldNotes {
 public:
  // Notes a press or a release; of other messages nothing.
  void take(const Message& message) {
    if (message.is_press()) words_[word(message)] |= bit(message);
    if (message.is_release()) words_[word(message)] &= ~bit(message);
  }

  [[nodiscard]] bool is_held(std::uint8_t channel, std::uint8_t note) const {
    const Message message = make_message(MessageKind::note_on, channel, note);
    return (words_[word(message)] & bit(message)) != 0;
  }

  [[nodiscard]] std::size_t count() const {
    std::size_t sum = 0;
    for (const std::uint64_t word : words_)
      sum += static_cast<std::size_t>(std::popcount(word));
    return sum;
  }

  // Calls `release` with a note-off for each note that is down, by channel and note, and forgets
  // them.
  template <typename Release>
  void release_all(Release&& release) {
    for (int channel = 0; channel < 16; ++channel)
      release_channel(channel, release);
  }
  // The same for one channel, 0 to 15.
  template <typename Release>
  void release_channel(int channel, Release&& release) {
    for (std::size_t half = 0; half < 2; ++half) {
      std::uint64_t& word = words_[static_cast<std::size_t>(channel) * 2 + half];
      while (word != 0) {
        const int note = static_cast<int>(half) * 64 + std::countr_zero(word);
        word &= word - 1;
        release(make_message(MessageKind::note_off, channel, note));
      }
    }
  }

 private:
  static std::size_t word(const Message& message) {
    return message.channel() * std::size_t{2} + (message.data1 >> 6U & 1U);
  }
  static std::uint64_t bit(const Message& message) {
    return std::uint64_t{1} << (message.data1 & 0x3FU);
  }

  std::array<std::uint64_t, 32> words_{};  // two for each channel
};

}  // namespace midimon
