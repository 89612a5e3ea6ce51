// counter: counters for a stream, such as deaths or wins, each in a text file that OBS shows.
// Every call is a fresh instance, so what it knows is in its files; README.md lists them.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "midimon.hpp"

namespace {

using midimon::Answer;
using midimon::Call;
using midimon::failed;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

constexpr char kState[] = "/counters.json";
constexpr char kDamaged[] = "/counters.json.damaged";
constexpr std::size_t kMaxState = 64 * 1024;
constexpr std::size_t kMaxCounters = 200;
constexpr std::size_t kMaxText = 4096;
constexpr std::int64_t kMost = 1'000'000'000'000'000;  // exact wherever JSON is read
constexpr int kWrongParams = 4;

struct Settings {
  Json templates = Json::object();
  void fields(Fields& field) {
    field("templates", templates)
        .describe("What the file of a counter says, by its name: \"Deaths: {value}\"")
        .say("type", "object")
        .say("additionalProperties", Json::object({{"type", "string"}, {"maxLength", 1024}}));
  }
};

struct Named {
  std::string counter;
  void fields(Fields& field) {
    field("counter", counter)
        .describe("Which counter: a to z, 0 to 9, - and _; its file is NAME.txt")
        .required()
        .length(1, 32)
        .pattern("^[a-z0-9_-]+$");
  }
};

struct Step {
  Named named;
  std::int64_t by = 1;
  void fields(Fields& field) {
    named.fields(field);
    field("by", by).describe("How far").range(std::int64_t{1}, kMost);
  }
};

struct Value {
  Named named;
  std::int64_t value = 0;
  void fields(Fields& field) {
    named.fields(field);
    field("value", value).describe("What it is from now on").required().range(-kMost, kMost);
  }
};

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > 32) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
  }
  return true;
}

// Every {value} in `pattern` replaced.
std::string fill_in(std::string_view pattern, std::int64_t value) {
  constexpr std::string_view kPlace = "{value}";
  std::string out;
  for (;;) {
    const std::size_t at = pattern.find(kPlace);
    out += pattern.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += Json(value).dump();
    pattern.remove_prefix(at + kPlace.size());
  }
}

// The counters as they are kept; a file that is none is moved away, never overwritten.
midimon::Result<Json> load() {
  const auto text = midimon::read_file(kState, kMaxState);
  if (!text && text.answer() == Answer::not_found) return Json::object();
  if (!text && text.answer() != Answer::too_large) return midimon::Result<Json>::from(text);
  std::optional<Json> json = text ? Json::parse(*text) : std::nullopt;
  if (json && json->is_object()) return std::move(*json);
  if (std::rename(kState, kDamaged) != 0) {
    return {Answer::failed, "The counters in /counters.json are damaged and cannot be put aside."};
  }
  midimon::log(
      midimon::Level::warning,
      "The counters were damaged and begin anew; /counters.json.damaged is what was there.");
  return Json::object();
}

// How a counter goes from what it is to what it should be; nothing if that is too far.
using Change = std::optional<std::int64_t> (*)(std::int64_t old, std::int64_t amount);

Status change(const Named& named, std::int64_t amount, Change how) {
  if (!is_name(named.counter)) {
    return failed(kWrongParams, "A counter's name is 1 to 32 of a to z, 0 to 9, - and _.");
  }
  auto counters = load();
  if (!counters) return counters.status();
  const Json* known = counters->find(named.counter);
  if (known == nullptr && counters->size() >= kMaxCounters) {
    return failed("There are 200 counters already; remove some in /counters.json.");
  }
  std::int64_t old = known == nullptr ? 0 : known->whole().value_or(0);
  if (old > kMost || old < -kMost) old = 0;  // somebody wrote that by hand
  const auto value = how(old, amount);
  if (!value || *value > kMost || *value < -kMost) {
    return failed(kWrongParams, named.counter + " would go beyond what a counter holds, 10^15.");
  }
  counters->set(named.counter, *value);
  const Json pattern = midimon::settings<Settings>().templates[named.counter];
  std::string text = fill_in(pattern.string("{value}"), *value);
  if (text.size() > kMaxText) text.resize(kMaxText);
  if (auto kept = midimon::write_file(kState, counters->dump()); !kept) return kept.status();
  // The count holds even if this fails, and the next call writes it again.
  if (auto shown = midimon::write_file("/" + named.counter + ".txt", text); !shown) {
    return shown.status();
  }

  const std::string digits = Json(*value).dump();
  static_cast<void>(midimon::set_state({.state = named.counter + "=" + digits, .text = digits}));
  return midimon::set_output(
             Json::object({{"counter", named.counter}, {"value", *value}, {"text", text}}))
      .status();
}

Status increment(const Step& step, const Call&) {
  return change(step.named, step.by,
                [](std::int64_t old, std::int64_t by) { return std::optional(old + by); });
}
Status decrement(const Step& step, const Call&) {
  return change(step.named, step.by,
                [](std::int64_t old, std::int64_t by) { return std::optional(old - by); });
}
std::optional<std::int64_t> as_given(std::int64_t, std::int64_t value) {
  return value;
}
Status reset(const Named& named, const Call&) {
  return change(named, 0, as_given);
}
Status set(const Value& value, const Call&) {
  return change(value.named, value.value, as_given);
}

void declare(midimon::Plugin& plugin) {
  plugin.name("counter").version("1.0.0").description(
      "Counters for a stream, each in a text file that OBS shows");
  plugin.author("midimon").license("Apache-2.0");
  plugin.needs("filesystem", "keeps the counters and their texts in its own directory");
  plugin.settings<Settings>();
  plugin.action("increment", increment).label("Count up").description("Adds to a counter");
  plugin.action("decrement", decrement).label("Count down").description("Takes from a counter");
  plugin.action("reset", reset).label("Reset").description("Sets a counter to 0");
  plugin.action("set", set).label("Set").description("Sets a counter to a number");
}

}  // namespace

MIDIMON_PLUGIN(declare)
