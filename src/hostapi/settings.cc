#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/bounded_json.h"
#include "base/text.h"
#include "hostapi/context.h"
#include "hostapi/guest.h"
#include "hostapi/rows.h"

namespace midimon::hostapi {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxStateBytes = 1024;
constexpr std::size_t kMaxStateCharacters = 64;
constexpr std::int64_t kBrightest = 127;

// config_get(buffer, capacity, length*): [plugins."<id>".settings] of the profile, a JSON object.
Answer config_get(Context& context, HostCall& call, std::uint32_t buffer, std::uint32_t capacity,
                  std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  return write_whole(call, out, context.settings());
}

// What a terminal and a pad show as it is.
bool is_short_line(const json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const auto characters = decode_utf8(text);
  return characters && characters->size() <= kMaxStateCharacters && is_showable(text);
}

bool is_color(const json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() == 7 && text[0] == '#' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool is_brightness(const json& value) {
  return value.is_number_integer() && value >= 0 && value <= kBrightest;
}

std::optional<std::string> checked_state(std::string_view text) {
  const auto object = parse_bounded_json(text, 2);
  if (!object || !object->is_object()) return std::nullopt;
  for (const auto& [key, value] : object->items()) {
    const bool good = key == "state" || key == "text" ? is_short_line(value)
                      : key == "color"                ? is_color(value)
                      : key == "led"                  ? is_brightness(value)
                                                      : false;
    if (!good) return std::nullopt;
  }
  return object->dump();
}

// set_state(json, length): what the pad shows and conditions can ask for. The last one stands.
Answer set_state(Context& context, HostCall& call, std::uint32_t text, std::uint32_t length) {
  const auto given = read_text(call, text, length, kMaxStateBytes);
  if (!given) return given.error();
  auto state = checked_state(*given);
  if (!state) {
    return context.explain(
        Answer::invalid,
        "A state is {\"state\", \"text\", \"color\", \"led\"}, each optional: two "
        "lines of up to 64 characters, #rrggbb, and 0 to 127.");
  }
  context.set_state(std::move(*state));
  return Answer::ok;
}

constexpr wasm::HostFunction kRows[] = {
    host_function<config_get>("config_get"),
    host_function<set_state>("set_state"),
};

}  // namespace

Rows settings_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
