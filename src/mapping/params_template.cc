#include "mapping/params_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/text.h"
#include "midi/note_name.h"
#include "toml/problems.h"

namespace midimon {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Reads "0", "-1.5"; the second says whether it has a point.
std::optional<std::pair<double, bool>> parse_number(std::string_view text) {
  constexpr double kMax = 1e9;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(std::abs(number) <= kMax)) return std::nullopt;
  return std::pair(number, text.find('.') != std::string_view::npos);
}

Result<Curve> parse_curve(std::string_view name, const Curves& curves) {
  if (name == "linear") return Curve();
  if (name == "exponential") return Curve::exponential();
  if (name == "s-curve") return Curve::s_shaped();
  if (const auto found = curves.find(name); found != curves.end()) return found->second;
  std::vector<std::string_view> known = {"linear", "exponential", "s-curve"};
  for (const auto& [own, curve] : curves)
    known.emplace_back(own);
  return fail(ErrorCode::invalid,
              fmt::format("there is no curve {}{}", in_quotes(name), hint(name, known)));
}

// Reads "MIN..MAX" or "MIN..MAX:CURVE" into `out`.
Result<void> parse_scale(std::string_view text, const Curves& curves, Placeholder& out) {
  const std::size_t colon = text.find(':');
  const std::string_view range = text.substr(0, colon);
  const std::size_t dots = range.find("..");
  const auto from = parse_number(range.substr(0, dots));
  const auto to =
      dots == std::string_view::npos ? std::nullopt : parse_number(range.substr(dots + 2));
  if (!from || !to) {
    return fail(ErrorCode::invalid,
                fmt::format("a range is written as 0..100 or 0.0..1.0, not {}", in_quotes(range)));
  }
  if (out.name == ValueName::note_name || out.name == ValueName::steps) {
    return fail(ErrorCode::invalid,
                fmt::format("{{{}}} has no range of its own and cannot be scaled",
                            kValueNames[static_cast<std::size_t>(out.name)]));
  }
  out.scaled = true;
  out.from = from->first;
  out.to = to->first;
  out.whole = !from->second && !to->second;
  if (colon == std::string_view::npos) return {};
  auto curve = parse_curve(text.substr(colon + 1), curves);
  if (!curve) return tl::unexpected(curve.error());
  out.curve = std::move(*curve);
  return {};
}

// Reads what stands between the braces.
Result<Placeholder> parse_placeholder(std::string_view text, const Curves& curves) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto found = std::find(kValueNames.begin(), kValueNames.end(), name);
  if (found == kValueNames.end()) {
    return fail(ErrorCode::invalid,
                fmt::format("there is no value {}{}; write {{{{ for a brace",
                            in_quotes(fmt::format("{{{}}}", name)), hint(name, kValueNames)));
  }
  Placeholder placeholder;
  placeholder.name = static_cast<ValueName>(found - kValueNames.begin());
  if (colon == std::string_view::npos) return placeholder;
  if (const auto scaled = parse_scale(text.substr(colon + 1), curves, placeholder); !scaled) {
    return tl::unexpected(scaled.error());
  }
  return placeholder;
}

// The range that a value has of itself.
std::pair<double, double> range_of(ValueName name, const EventValues& values) {
  if (name == ValueName::velocity) return {1, 127};
  if (name == ValueName::channel) return {1, 16};
  return {0, name == ValueName::value ? values.value_max : 127};
}

}  // namespace

std::string Placeholder::render(const EventValues& values) const {
  const auto value = values.get(name);
  if (!value) return "";
  if (name == ValueName::note_name) return note_name(static_cast<std::uint8_t>(*value));
  if (!scaled) return std::to_string(*value);
  const auto [low, high] = range_of(name, values);
  const double y = from + (to - from) * curve.at((*value - low) / (high - low));
  return whole ? fmt::format("{}", std::llround(y)) : fmt::format("{:.6g}", y);
}

Result<TextTemplate> TextTemplate::parse(std::string_view text, const Curves& curves) {
  TextTemplate out;
  std::string before;
  while (!text.empty()) {
    const bool escaped = text.size() > 2 && text.starts_with("{{") && is_letter(text[2]);
    const bool begins = text.size() > 1 && text.front() == '{' && is_letter(text[1]);
    if (!begins) {
      before += text.front();
      text.remove_prefix(escaped ? 2 : 1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return fail(ErrorCode::invalid,
                  fmt::format("{} has no closing brace; write {{{{ for a brace", in_quotes(text)));
    }
    auto placeholder = parse_placeholder(text.substr(1, end - 1), curves);
    if (!placeholder) return tl::unexpected(placeholder.error());
    out.pieces.push_back({std::exchange(before, {}), std::move(*placeholder)});
    text.remove_prefix(end + 1);
  }
  out.rest = std::move(before);
  return out;
}

std::string TextTemplate::render(const EventValues& values) const {
  std::string out;
  for (const Piece& piece : pieces)
    out.append(piece.text).append(piece.placeholder.render(values));
  return out.append(rest);
}

std::string TextTemplate::describe() const {
  std::string out;
  for (const Piece& piece : pieces)
    out += fmt::format("{}{{{}}}", piece.text,
                       kValueNames[static_cast<std::size_t>(piece.placeholder.name)]);
  return out.append(rest);
}

void ParamsTemplate::add_text(const TextTemplate& text) {
  // A placeholder alone is a number; a note's name is a text all the same.
  if (text.is_placeholder() && text.pieces.front().placeholder.name != ValueName::note_name) {
    inserts_.push_back({json_.size(), text.pieces.front().placeholder, false});
    return;
  }
  const auto add_part = [this](std::string_view part) {
    const std::string quoted = json_quote(part);
    json_ += std::string_view(quoted).substr(1, quoted.size() - 2);
  };
  json_ += '"';
  for (const TextTemplate::Piece& piece : text.pieces) {
    add_part(piece.text);
    inserts_.push_back({json_.size(), piece.placeholder, true});
  }
  add_part(text.rest);
  json_ += '"';
}

std::string ParamsTemplate::render(const EventValues& values) const {
  std::string out;
  std::size_t at = 0;
  for (const Insert& insert : inserts_) {
    out.append(json_, at, insert.at - at);
    at = insert.at;
    const std::string value = insert.placeholder.render(values);
    out += value.empty() && !insert.in_text ? "null" : value;
  }
  out.append(json_, at);
  return out;
}

std::vector<ValueName> ParamsTemplate::names() const {
  std::vector<ValueName> out;
  out.reserve(inserts_.size());
  for (const Insert& insert : inserts_)
    out.push_back(insert.placeholder.name);
  return out;
}

}  // namespace midimon
