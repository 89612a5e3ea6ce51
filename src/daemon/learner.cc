#include "daemon/learner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string_view>

#include "base/text.h"
#include "midi/note_name.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxKept = 4096;  // messages of one gesture

int ms(Nanos time) {
  return static_cast<int>(std::chrono::floor<std::chrono::milliseconds>(time).count());
}

std::string channel_key(std::uint8_t channel) {
  return fmt::format(", channel = {}", channel + 1);
}

// Whether all values are steps of an encoding whose steps lie around one or two values.
bool all_near(const std::vector<int>& values, std::initializer_list<std::pair<int, int>> ranges) {
  return std::all_of(values.begin(), values.end(), [&](int value) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
      return value >= range.first && value <= range.second;
    });
  });
}

bool any_in(const std::vector<int>& values, int from, int to) {
  return std::any_of(values.begin(), values.end(),
                     [&](int value) { return value >= from && value <= to; });
}

// A knob that says where it stands goes from value to value, up or down; one that sends steps
// repeats a few of them.
bool looks_absolute(const std::vector<int>& values) {
  static constexpr int kSweep = 5;
  int up = 1;
  int down = 1;
  for (std::size_t i = 1; i < values.size(); ++i) {
    up = values[i] > values[i - 1] ? up + 1 : 1;
    down = values[i] < values[i - 1] ? down + 1 : 1;
    if (std::max(up, down) >= kSweep) return true;
  }
  return false;
}

struct Guess {
  std::string_view encoding;
  std::string_view advice;
};

// How an encoder that sends steps writes them; nothing if these are none.
std::optional<Guess> guess_encoding(const std::vector<int>& values) {
  static constexpr int kMaxStep = 15;
  const bool low = any_in(values, 1, kMaxStep);
  const bool high = any_in(values, 128 - kMaxStep, 127);
  const bool below = any_in(values, 64 - kMaxStep, 63);
  const bool above = any_in(values, 65, 64 + kMaxStep);
  if (low && high && all_near(values, {{1, kMaxStep}, {128 - kMaxStep, 127}})) {
    return Guess{"twos-complement", ""};
  }
  if (below && all_near(values, {{64 - kMaxStep, 64 + kMaxStep}})) {
    return Guess{"offset-binary", above ? "" : "It was turned one way only."};
  }
  if (low && above && all_near(values, {{1, kMaxStep}, {65, 64 + kMaxStep}})) {
    return Guess{"sign-magnitude", ""};
  }
  if (low && all_near(values, {{1, kMaxStep}})) {
    return Guess{"twos-complement",
                 "It was turned one way only; if turning it back does nothing, it is "
                 "sign-magnitude. Learn it again, turning both ways, to be certain."};
  }
  if (above && all_near(values, {{65, 64 + kMaxStep}})) {
    return Guess{"offset-binary",
                 "It was turned one way only; if it goes the wrong way, it is sign-magnitude. "
                 "Learn it again, turning both ways, to be certain."};
  }
  if (high && all_near(values, {{128 - kMaxStep, 127}})) {
    return Guess{"twos-complement", "It was turned one way only."};
  }
  return std::nullopt;
}

}  // namespace

std::string mapping_toml(const Learned& learned) {
  std::string out = fmt::format("# {}, from {}\n", learned.what, escape_line(learned.input));
  if (!learned.advice.empty()) out += fmt::format("# {}\n", learned.advice);
  out += fmt::format(
      "[[modes.mappings]]\ndescription = {}\ntrigger = {}\n"
      "action = {{ type = \"Keystroke\", keys = \"F13\" }}\n",
      json_quote(learned.what), learned.trigger);
  return out;
}

void Learner::feed(const std::string& input, const Message& message,
                   std::span<const std::uint8_t> sysex, Nanos at) {
  const MessageKind kind = message.kind();
  static constexpr std::array kUseless = {MessageKind::clock,       MessageKind::active_sensing,
                                          MessageKind::time_code,   MessageKind::song_position,
                                          MessageKind::song_select, MessageKind::tune_request,
                                          MessageKind::reset};  // no trigger asks for these alone
  if (std::find(kUseless.begin(), kUseless.end(), kind) != kUseless.end()) return;
  if (began_ && input != input_) return;
  if (!began_) {
    if (message.is_release()) return;  // of something that was down before
    began_ = at;
    input_ = input;
  }
  last_ = std::max(last_, at);
  take_message(message, sysex, at);
}

void Learner::take_message(const Message& message, std::span<const std::uint8_t> sysex, Nanos at) {
  if (presses_.size() + controls_.size() >= kMaxKept) return;
  if (message.is_press()) {
    presses_.push_back({message.channel(), message.data1, message.data2, at, std::nullopt});
  } else if (message.is_release()) {
    const auto found = std::find_if(presses_.rbegin(), presses_.rend(), [&](const Press& press) {
      return press.channel == message.channel() && press.note == message.data1 && !press.released;
    });
    if (found != presses_.rend()) found->released = at;
  } else if (message.kind() == MessageKind::control_change) {
    controls_.push_back({message.channel(), message.data1, message.data2});
  } else if (!other_) {
    other_ = message;
    sysex_.assign(sysex.begin(), sysex.end());
  }
}

bool Learner::any_down() const {
  return std::any_of(presses_.begin(), presses_.end(),
                     [](const Press& press) { return !press.released; });
}

std::optional<Nanos> Learner::next_deadline() const {
  if (!began_) return std::nullopt;
  const Nanos longest = *began_ + kLongest;
  return any_down() ? longest : std::min(longest, last_ + kQuiet);
}

std::optional<Learned> Learner::take(Nanos now) {
  const auto due = next_deadline();
  if (!due || now < *due) return std::nullopt;
  Learned learned = judge(now);
  learned.input = input_;
  *this = Learner();
  return learned;
}

// What is pressed is what is meant; pressure and the like come along with it.
Learned Learner::judge(Nanos now) const {
  if (!presses_.empty()) return judge_notes(now);
  if (!controls_.empty()) return judge_controls();
  const Message& m = *other_;
  const std::string channel = channel_key(m.channel());
  switch (m.kind()) {
    case MessageKind::poly_pressure:
      return {
          fmt::format("pressure on {}", note_name(m.data1)),
          fmt::format("{{ type = \"Aftertouch\", note = \"{}\"{} }}", note_name(m.data1), channel),
          "", ""};
    case MessageKind::channel_pressure:
      return {"pressure", fmt::format("{{ type = \"Aftertouch\"{} }}", channel), "", ""};
    case MessageKind::pitch_bend:
      return {"the bend wheel", fmt::format("{{ type = \"PitchBend\"{} }}", channel), "", ""};
    case MessageKind::program_change:
      return {fmt::format("program {}", m.data1),
              fmt::format("{{ type = \"ProgramChange\", program = {}{} }}", m.data1, channel), "",
              ""};
    case MessageKind::sysex:
      return {"a system exclusive message",
              fmt::format("{{ type = \"SysEx\", pattern = \"{:02X}\" }}", fmt::join(sysex_, " ")),
              "Write ?? for a byte that may be any, * for any number of them.", ""};
    case MessageKind::start:
      return {"start", "{ type = \"Start\" }", "", ""};
    case MessageKind::resume:
      return {"continue", "{ type = \"Continue\" }", "", ""};
    default:
      return {"stop", "{ type = \"Stop\" }", "", ""};
  }
}

Learned Learner::judge_notes(Nanos now) const {
  const Press& first = presses_.front();
  const std::string name = note_name(first.note);
  const std::string of_note = fmt::format("note = \"{}\"{}", name, channel_key(first.channel));
  std::set<std::uint8_t> together;
  for (const Press& press : presses_) {
    if (press.channel == first.channel && press.at - first.at < kChord) together.insert(press.note);
  }
  if (together.size() >= 2) {
    std::string names;
    for (const std::uint8_t note : together)
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", note_name(note));
    return {fmt::format("a chord of {} notes", together.size()),
            fmt::format("{{ type = \"NoteChord\", notes = [{}]{} }}", names,
                        channel_key(first.channel)),
            "", ""};
  }
  const auto again = std::find_if(presses_.begin() + 1, presses_.end(), [&](const Press& press) {
    return press.channel == first.channel && press.note == first.note &&
           press.at - first.at < kDoubleTap;
  });
  if (again != presses_.end()) {
    return {fmt::format("{} tapped twice", name),
            fmt::format("{{ type = \"DoubleTap\", {} }}", of_note),
            fmt::format("The second tap came {} ms after the first.", ms(again->at - first.at)),
            ""};
  }
  const Nanos held = first.released.value_or(now) - first.at;
  if (held >= kLongPress) {
    // A bit less than it was held, so that the same again is enough.
    const int duration = std::clamp(ms(held) / 100 * 100 - 100, 500, 2000);
    return {fmt::format("{} held", name),
            fmt::format("{{ type = \"LongPress\", {}, duration_ms = {} }}", of_note, duration),
            fmt::format("It was down for {} ms.", ms(held)), ""};
  }
  return {fmt::format("{} pressed", name), fmt::format("{{ type = \"Note\", {} }}", of_note),
          fmt::format("Its velocity was {}.", first.velocity), ""};
}

// MIDI 1.0: 99 and 98 name an NRPN, 101 and 100 an RPN, 6 and 38 give its value. Many devices name
// none, which is 127 and 127, when they are done: the last one that got a value is meant.
std::optional<Learned> Learner::parameter() const {
  static constexpr int kNone = 127 << 7 | 127;
  struct Named {
    bool registered = false;
    std::optional<int> upper;
    std::optional<int> lower;
  } named;
  struct Got {
    bool registered = false;
    int number = 0;
    bool wide = false;
  };
  std::optional<Got> got;
  const std::uint8_t channel = controls_.front().channel;
  for (const Control& control : controls_) {
    if (control.channel != channel) continue;
    if (control.controller >= 98 && control.controller <= 101) {
      const bool registered = control.controller >= 100;
      if (registered != named.registered) named = {registered, {}, {}};
      (control.controller % 2 == 1 ? named.upper : named.lower) = control.value;
    } else if ((control.controller == 6 || control.controller == 38) && named.upper &&
               named.lower) {
      const int number = *named.upper << 7 | *named.lower;
      if (number == kNone) continue;
      const bool again =
          got && got->registered == named.registered && got->number == number && got->wide;
      got = Got{named.registered, number, again || control.controller == 38};
    }
  }
  if (!got) return std::nullopt;
  const std::string_view type = got->registered ? "RPN" : "NRPN";
  return Learned{fmt::format("{} {}", type, got->number),
                 fmt::format("{{ type = \"{}\", parameter = {}{}{} }}", type, got->number,
                             channel_key(channel), got->wide ? ", high_resolution = true" : ""),
                 "", ""};
}

Learned Learner::judge_controls() const {
  if (auto found = parameter()) return *found;
  const Control& first = controls_.front();
  std::vector<int> values;
  bool other_half = false;
  for (const Control& control : controls_) {
    if (control.channel != first.channel) continue;
    if (control.controller == first.controller) values.push_back(control.value);
    other_half =
        other_half || (first.controller < 32 && control.controller == first.controller + 32);
  }
  if (other_half) {
    return {fmt::format("controller {} in 14 bits", first.controller),
            fmt::format("{{ type = \"CC\", cc = {}{}, high_resolution = true }}", first.controller,
                        channel_key(first.channel)),
            "", ""};
  }
  return judge_values(first, values);
}

Learned Learner::judge_values(const Control& control, const std::vector<int>& values) const {
  const std::string of_control =
      fmt::format("cc = {}{}", control.controller, channel_key(control.channel));
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const std::set<int> different(values.begin(), values.end());
  const bool button = different.size() <= 2 && *most >= 64 &&
                      (*least == 0 || different.size() == 1) && values.size() <= 4;
  const std::string name = fmt::format("button {}", control.controller);
  if (button && *least == 0) {
    return {name,
            fmt::format("{{ type = \"CC\", {}, value_min = 64, edge = \"rising\" }}", of_control),
            fmt::format("It is meant when it comes down; its value then was {}.", *most), ""};
  }
  if (button && values.size() <= 2) {
    // No value comes in between, so that there is no edge.
    return {
        name,
        fmt::format("{{ type = \"CC\", {}, value_min = {}, value_max = {} }}", of_control, *most,
                    *most),
        fmt::format("It sent {} and nothing when it was let go. If it sends 0 with every second "
                    "press, add a copy with 0 for both values.",
                    *most),
        ""};
  }
  if (!looks_absolute(values)) {
    if (const auto guess = guess_encoding(values)) {
      return {fmt::format("encoder {}", control.controller),
              fmt::format("{{ type = \"EncoderTurn\", {}, encoding = \"{}\" }}", of_control,
                          guess->encoding),
              std::string(guess->advice), ""};
    }
  }
  return {fmt::format("knob {}", control.controller),
          fmt::format("{{ type = \"CC\", {} }}", of_control),
          fmt::format("It went from {} to {}; {{value}} in an action is where it stands.", *least,
                      *most),
          ""};
}

}  // namespace midimon
