// @NAME@: a plugin for midimon.
#include "midimon.hpp"

namespace {

// The params of the action. What midimon checks in a profile is made of this, too.
struct Greeting {
  std::string who = "world";
  bool count = false;

  void fields(midimon::Fields& field) {
    field("who", who).describe("Whom to greet").length(1, 64);
    field("count", count).describe("Say how many were greeted, which is kept in a file");
  }
};

// One more than the number in the file.
midimon::Result<std::int64_t> count_up() {
  const auto text = midimon::read_file("/count");
  if (!text && text.answer() != midimon::Answer::not_found) {
    return midimon::Result<std::int64_t>::from(text);
  }
  const std::int64_t count = midimon::Json::parse(*text).value_or(0).integer() + 1;
  const auto written = midimon::write_file("/count", midimon::Json(count).dump());
  if (!written) return midimon::Result<std::int64_t>::from(written);
  return count;
}

midimon::Status greet(const Greeting& params, const midimon::Call&) {
  const std::string greeting = "Hello, " + params.who + "!";
  midimon::log(greeting);
  auto output = midimon::Json::object({{"greeting", greeting}});
  if (params.count) {
    const auto count = count_up();
    if (!count) return count.status();
    output.set("count", *count);
  }
  return midimon::set_output(output).status();
}

void declare(midimon::Plugin& plugin) {
  plugin.name("@NAME@").version("0.1.0").description("Says hello");
  plugin.needs("filesystem", "to count whom it greeted");
  plugin.action("greet", greet).label("Greet").description("Says hello to somebody");
}

}  // namespace

MIDIMON_PLUGIN(declare)
