// script-log: writes a line of JSON for each press into a file, for scripts to read.
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "midimon.hpp"

namespace {

using midimon::Call;
using midimon::failed;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

constexpr int kWrongParams = 4;
constexpr std::size_t kMaxLine = 16 * 1024;

struct Settings {
  std::uint32_t max_kib = 1024;
  void fields(Fields& field) {
    field("max_kib", max_kib)
        .describe("A file that would be larger is kept as FILE.1, and a new one begun")
        .range(std::uint32_t{16}, std::uint32_t{16 * 1024});
  }
};

struct Line {
  std::string file = "events.jsonl";
  std::string text;
  Json data;
  void fields(Fields& field) {
    field("file", file)
        .describe("Which file of the plugin's directory")
        .length(1, 64)
        .pattern("^[A-Za-z0-9_-][A-Za-z0-9._-]*$");
    field("text", text).describe("What to say").length(0, 4096);
    field("data", data).describe("Any value besides, such as {\"note\": \"{note_name}\"}");
  }
};

// A name in the plugin's own directory, and no way out of it.
bool is_file_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '.') return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

void two_digits(std::string& out, std::int64_t number) {
  out += static_cast<char>('0' + number / 10 % 10);
  out += static_cast<char>('0' + number % 10);
}

// "2026-01-31T18:04:05.250Z". The days are counted in years that begin in March, so that a leap day
// is the last one (the way of H. Hinnant's chrono algorithms).
std::string utc_time(std::int64_t milliseconds) {
  const std::int64_t seconds = milliseconds / 1000;
  const std::int64_t days = seconds / 86'400 + 719'468;
  const std::int64_t era = days / 146'097;
  const std::int64_t day_of_era = days % 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  std::string out;
  two_digits(out, year / 100);
  two_digits(out, year % 100);
  two_digits(out += '-', month);
  two_digits(out += '-', day_of_year - (153 * shifted + 2) / 5 + 1);
  two_digits(out += 'T', seconds / 3600 % 24);
  two_digits(out += ':', seconds / 60 % 60);
  two_digits(out += ':', seconds % 60);
  out += '.';
  out += static_cast<char>('0' + milliseconds / 100 % 10);
  two_digits(out, milliseconds % 100);
  return out + "Z";
}

Json number_or_null(const std::optional<int>& number) {
  return number ? Json(*number) : Json();
}

Status append(const Line& params, const Call& call) {
  if (!is_file_name(params.file)) {
    return failed(kWrongParams,
                  "\"file\" is 1 to 64 of letters, digits, '.', '_' and '-', and begins with no "
                  "'.'; it lies in the plugin's own directory.");
  }
  const std::int64_t time = call.timestamp_ms < 0 ? 0 : call.timestamp_ms;
  Json line = Json::object({{"time", utc_time(time)},
                            {"timestamp_ms", time},
                            {"text", params.text},
                            {"velocity", number_or_null(call.velocity)},
                            {"mode", number_or_null(call.mode)}});
  if (!params.data.is_null()) line.set("data", params.data);
  const std::string text = line.dump() + "\n";
  if (text.size() > kMaxLine) return failed(kWrongParams, "A line may have 16 KiB.");
  const std::string path = "/" + params.file;
  const std::uint64_t most = std::uint64_t{midimon::settings<Settings>().max_kib} * 1024;
  struct stat status {};
  const bool there = ::stat(path.c_str(), &status) == 0;
  if (there && static_cast<std::uint64_t>(status.st_size) + text.size() > most &&
      std::rename(path.c_str(), (path + ".1").c_str()) != 0) {
    return failed(path + " is full and cannot be kept as " + path + ".1.");
  }
  if (auto written = midimon::append_file(path, text); !written) return written.status();
  return midimon::set_output(line).status();
}

void declare(midimon::Plugin& plugin) {
  plugin.name("script-log")
      .version("1.0.0")
      .description("Writes a line of JSON for each event into a file");
  plugin.author("midimon").license("Apache-2.0");
  plugin.needs("filesystem", "keeps its files in its own directory");
  plugin.settings<Settings>();
  plugin.action("append", append)
      .label("Write a line")
      .description("Adds the time, the velocity, the mode and what you say to a file");
}

}  // namespace

MIDIMON_PLUGIN(declare)
