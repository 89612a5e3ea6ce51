#include "mapping/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "events/control_detector.h"
#include "events/detector.h"
#include "midi/note_name.h"

namespace midimon {
namespace {

// What a mapping makes of the event.
struct Answer {
  enum class Kind { unrelated, no, may, yes };
  Kind kind = Kind::unrelated;
  std::string why;  // for no and may
};

Answer no(std::string why) {
  return {Answer::Kind::no, std::move(why)};
}
Answer may(std::string why) {
  return {Answer::Kind::may, std::move(why)};
}
const Answer kYes = {Answer::Kind::yes, ""};

std::optional<Answer> wrong_channel(const std::optional<std::uint8_t>& wanted,
                                    std::uint8_t channel) {
  if (!wanted || *wanted == channel) return std::nullopt;
  return no(fmt::format("the channel is {}, not {}", channel + 1, *wanted + 1));
}

// What triggers make of a press.
struct OfPress {
  const Message& message;
  bool waits;  // something else may come of it in this mode

  Answer operator()(const NoteTrigger& t) const {
    if (t.note != message.data1) return {};
    if (const auto wrong = wrong_channel(t.channel, message.channel())) return *wrong;
    if (message.data2 < t.velocity_min || message.data2 > t.velocity_max) {
      return no(fmt::format("the velocity is {}, not {} to {}", message.data2,
                            std::max<int>(t.velocity_min, 1), t.velocity_max));
    }
    if (waits && !t.immediate) {
      return may("if no long press, double tap or chord comes of it");
    }
    return kYes;
  }
  Answer operator()(const HoldTrigger& t) const {
    return of_note(t.note, t.channel, "once it is down for " + format_duration(t.duration));
  }
  Answer operator()(const DoubleTapTrigger& t) const {
    return of_note(t.note, t.channel, "if it comes twice within " + format_duration(t.timeout));
  }
  Answer operator()(const ReleaseTrigger& t) const {
    return of_note(t.note, t.channel, "when it is released");
  }
  Answer operator()(const ChordTrigger& t) const {
    const auto& notes = t.chord.notes;
    if (!std::binary_search(notes.begin(), notes.end(), message.data1)) return {};
    std::string others;
    for (const std::uint8_t note : notes) {
      if (note != message.data1) others += (others.empty() ? "" : ", ") + note_name(note);
    }
    return of_note(message.data1, t.chord.channel,
                   fmt::format("with {} within {}", others, format_duration(t.chord.timeout)));
  }
  template <typename Other>
  Answer operator()(const Other& /*trigger*/) const {
    return {};
  }

  [[nodiscard]] Answer of_note(std::uint8_t note, const std::optional<std::uint8_t>& channel,
                               std::string when) const {
    if (note != message.data1) return {};
    if (const auto wrong = wrong_channel(channel, message.channel())) return *wrong;
    return may(std::move(when));
  }
};

// What triggers make of a control change.
struct OfControl {
  const Message& message;

  Answer operator()(const ControlTrigger& t) const {
    const int value = message.data2;
    if (t.wide && (t.controller == message.data1 || t.controller + 32 == message.data1)) {
      return may("as one half of a value of 14 bits");
    }
    if (t.controller != message.data1) return {};
    if (const auto wrong = wrong_channel(t.channel, message.channel())) return *wrong;
    if (value < t.value_min || value > t.value_max) {
      return no(fmt::format("the value is {}, not {} to {}", value, t.value_min, t.value_max));
    }
    if (t.edge == Edge::rising) return may(fmt::format("if it was below {} before", t.value_min));
    if (t.edge == Edge::falling) return may(fmt::format("if it was above {} before", t.value_max));
    return kYes;
  }
  Answer operator()(const EncoderTrigger& t) const {
    if (t.controller != message.data1) return {};
    if (const auto wrong = wrong_channel(t.channel, message.channel())) return *wrong;
    if (t.encoding == Encoding::absolute) {
      if (t.direction == Direction::either) return may("if it stood elsewhere before");
      return may(fmt::format("if it stood {} before",
                             t.direction == Direction::clockwise ? "lower" : "higher"));
    }
    const int steps = decode_steps(t.encoding, message.data2);
    if (steps == 0) return no("this value is no step");
    const bool clockwise = t.direction == Direction::clockwise;
    if (t.direction == Direction::either || clockwise == (steps > 0)) return kYes;
    return no(fmt::format("it turns {}", clockwise ? "counter-clockwise" : "clockwise"));
  }
  template <typename Other>
  Answer operator()(const Other& /*trigger*/) const {
    return {};
  }
};

// One mode's view of one event.
class Explainer {
 public:
  Explainer(const Mapper& mapper, const TypedEvent& event, std::size_t mode, const Facts& facts)
      : mapper_(mapper), event_(event), mode_(mode), facts_(facts) {
    Detector detector(mapper.rules());
    detector.set_mode(mode);
    for (const Message& message : event.messages)
      detector.feed(message, {}, gestures_);
    if (event.sysex) detector.feed_sysex(*event.sysex, {}, gestures_);
  }

  ExplainedMode explain() {
    const Profile& profile = *mapper_.profile();
    out_.mode = &profile.modes[mode_];
    list(profile.modes[mode_].mappings);
    list(profile.global_mappings);
    return std::move(out_);
  }

 private:
  void list(std::span<const Mapping> mappings) {
    for (const Mapping& mapping : mappings) {
      Answer found = judge(mapping);
      if (found.kind == Answer::Kind::unrelated) {
        ++out_.others;
        continue;
      }
      if (mapping.consume && found.kind != Answer::Kind::no) consumers_.push_back(&mapping);
      static constexpr std::string_view kWords[] = {"", "no", "may", "yes"};
      out_.mappings.push_back(
          {&mapping, kWords[static_cast<std::size_t>(found.kind)], std::move(found.why)});
    }
  }

  Answer judge(const Mapping& mapping) {
    Answer found = of_trigger(mapping.trigger);
    if (found.kind == Answer::Kind::unrelated || found.kind == Answer::Kind::no) return found;
    if (mapping.device && mapping.device != mapper_.device()) {
      const std::string& alias = mapper_.profile()->devices[*mapping.device].alias;
      return no(fmt::format("it listens to {} alone", escape_line(alias)));
    }
    if (mapping.condition && !holds(*mapping.condition, mode_, facts_)) {
      return no(fmt::format("its condition does not hold ({})", describe(*mapping.condition)));
    }
    for (const Mapping* before : consumers_) {
      if (before->trigger.index() != mapping.trigger.index()) continue;
      return no(fmt::format("the mapping on line {} consumes it", before->pos.line));
    }
    return found;
  }

  Answer of_trigger(const Trigger& trigger) {
    // Those of one message take more than it; all else is what the detector makes of it at once.
    if (event_.messages.size() == 1) {
      const Message& message = event_.messages.front();
      if (message.is_press()) {
        const std::uint16_t key = key_of(message.channel(), message.data1);
        const bool waits = mapper_.rules()->note_rule(mode_, key) != nullptr;
        return std::visit(OfPress{message, waits}, trigger);
      }
      if (message.kind() == MessageKind::control_change) {
        return std::visit(OfControl{message}, trigger);
      }
    }
    bool related = false;
    const std::uint32_t named = mapper_.name_of(trigger);
    for (const Gesture& gesture : gestures_) {
      if (matches(trigger, gesture, named)) return kYes;
      related = related || is_about(trigger, named, gesture);
    }
    return related ? no("it asks for other values") : Answer{};
  }

  const Mapper& mapper_;
  const TypedEvent& event_;
  std::size_t mode_;
  const Facts& facts_;
  std::vector<Gesture> gestures_;
  std::vector<const Mapping*> consumers_;
  ExplainedMode out_;
};

// Lines for people.
std::string to_text(const ExplainedMode& mode) {
  std::string out = fmt::format("mode {}\n", escape_line(mode.mode->name));
  for (const Explained& one : mode.mappings) {
    out += fmt::format("  {:<3}  line {:<4}  {} ({}){}{}\n", one.answer, one.mapping->pos.line,
                       escape_line(one.mapping->description), describe(one.mapping->trigger),
                       one.why.empty() ? "" : ": ", one.why);
  }
  if (mode.others > 0) {
    out += fmt::format("  {} other{} to something else\n", mode.others,
                       mode.others == 1 ? " listens" : "s listen");
  }
  return out;
}

}  // namespace

std::vector<ExplainedMode> explain_modes(const Mapper& mapper, const TypedEvent& event,
                                         std::optional<std::size_t> mode, const Facts& facts) {
  std::vector<ExplainedMode> out;
  for (std::size_t i = 0; i < mapper.profile()->modes.size(); ++i) {
    if (!mode || *mode == i) out.push_back(Explainer(mapper, event, i, facts).explain());
  }
  return out;
}

std::string explain(const Mapper& mapper, const TypedEvent& event, std::optional<std::size_t> mode,
                    const Facts& facts) {
  std::string out;
  for (const ExplainedMode& one : explain_modes(mapper, event, mode, facts))
    out += to_text(one);
  return out;
}

}  // namespace midimon
