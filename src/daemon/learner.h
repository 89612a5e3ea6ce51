// The Learner class watches what somebody does with a controller and says which trigger asks for
// it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "midi/message.h"

namespace midimon {

struct Learned {
  std::string what;     // in words: "C2 held for 900 ms"
  std::string trigger;  // as a profile has it: { type = "Note", note = "C2", channel = 1 }
  std::string advice;   // what else to know; may be empty
  std::string input;    // the port it came from
};

// A mapping to be put into a profile: a comment, then [[modes.mappings]] with the trigger and a
// keystroke as its action.
[[nodiscard]] std::string mapping_toml(const Learned& learned);

// Pure: time comes in. What is done belongs together until nothing has come for kQuiet and no note
// is down. One controller at a time: what others send meanwhile is passed over. Not thread-safe.
class Learner {
 public:
  static constexpr Nanos kQuiet = std::chrono::milliseconds(600);
  // A press that lasts so long is meant as a long press.
  static constexpr Nanos kLongPress = std::chrono::milliseconds(800);
  static constexpr Nanos kDoubleTap = std::chrono::milliseconds(300);
  static constexpr Nanos kChord = std::chrono::milliseconds(50);
  // Something that goes on and on, such as a knob, is judged after so long.
  static constexpr Nanos kLongest = std::chrono::seconds(4);

  void feed(const std::string& input, const Message& message, std::span<const std::uint8_t> sysex,
            Nanos at);
  // When something may be certain; nothing if nothing was done.
  [[nodiscard]] std::optional<Nanos> next_deadline() const;
  // What was done, once that is certain; then it begins anew.
  [[nodiscard]] std::optional<Learned> take(Nanos now);

 private:
  struct Press {
    std::uint8_t channel;
    std::uint8_t note;
    std::uint8_t velocity;
    Nanos at;
    std::optional<Nanos> released;
  };
  struct Control {
    std::uint8_t channel;
    std::uint8_t controller;
    std::uint8_t value;
  };

  void take_message(const Message& message, std::span<const std::uint8_t> sysex, Nanos at);
  [[nodiscard]] bool any_down() const;
  [[nodiscard]] Learned judge(Nanos now) const;
  [[nodiscard]] Learned judge_notes(Nanos now) const;
  [[nodiscard]] Learned judge_controls() const;
  [[nodiscard]] std::optional<Learned> parameter() const;
  [[nodiscard]] Learned judge_values(const Control& control, const std::vector<int>& values) const;

  std::string input_;
  std::optional<Nanos> began_;
  Nanos last_{};
  std::vector<Press> presses_;
  std::vector<Control> controls_;
  std::optional<Message> other_;  // the first that is neither
  std::vector<std::uint8_t> sysex_;
};

}  // namespace midimon
