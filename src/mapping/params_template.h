// The ParamsTemplate class is what an action passes on: JSON in which values of the event have
// their places.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/curve.h"
#include "mapping/event_values.h"
#include "midimon/result.h"

namespace midimon {

// A value of the event as it is wanted: "{velocity}", "{value:0..100}",
// "{value:-1.0..1.0:s-curve}".
struct Placeholder {
  ValueName name = ValueName::value;
  bool scaled = false;  // from the value's own range to the one below
  bool whole = true;    // the range was written without a point: whole numbers come of it
  double from = 0;
  double to = 0;
  Curve curve;

  // As it stands in JSON or in a text, without quotes; empty if the event has no such value.
  [[nodiscard]] std::string render(const EventValues& values) const;
};

// The user's own curves, by name.
using Curves = std::map<std::string, Curve, std::less<>>;

// A text in pieces: placeholders and what stands before, between and behind them.
struct TextTemplate {
  struct Piece {
    std::string text;  // before the placeholder
    Placeholder placeholder;
  };
  std::vector<Piece> pieces;
  std::string rest;

  // Reads a text. "{" and a letter begin a placeholder, "{{" and a letter are that "{" itself; any
  // other brace is one. Fails with `invalid`, saying what is allowed.
  [[nodiscard]] static Result<TextTemplate> parse(std::string_view text, const Curves& curves);

  // The text; a value that the event has not is left out.
  [[nodiscard]] std::string render(const EventValues& values) const;
  // A placeholder with nothing around it.
  [[nodiscard]] bool is_placeholder() const {
    return pieces.size() == 1 && pieces.front().text.empty() && rest.empty();
  }
  // As it can be shown: a placeholder by its name.
  [[nodiscard]] std::string describe() const;
};

// Compiled once when the profile is read. A value.
class ParamsTemplate {
 public:
  // What params are made of, from left to right.
  void add_json(std::string_view json) { json_ += json; }
  void add_text(const TextTemplate& text);

  // One JSON value. Without placeholders it is the same for every event.
  [[nodiscard]] std::string render(const EventValues& values) const;
  [[nodiscard]] bool has_placeholders() const { return !inserts_.empty(); }
  // The names of the values it asks for, each as often as it does.
  [[nodiscard]] std::vector<ValueName> names() const;

 private:
  struct Insert {
    std::size_t at;  // in json_
    Placeholder placeholder;
    bool in_text;  // between quotes that are there
  };

  std::string json_;
  std::vector<Insert> inserts_;
};

}  // namespace midimon
