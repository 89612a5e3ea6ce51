#include "cli/audit_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>

#include "audit/rfc3339.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/console.h"

namespace midimon::cli {
namespace {

using audit::EventKind;
using audit::Record;
using nlohmann::json;

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kReset = "\x1b[0m";

bool is_about_a_file(EventKind kind) {
  return kind != EventKind::load && kind != EventKind::call && kind != EventKind::end &&
         kind != EventKind::lost && kind != EventKind::resume;
}

// What it was done to.
std::string subject(const Record& record) {
  std::string text;
  if (is_about_a_file(record.kind) && !(record.mount.empty() && record.path.empty())) {
    text += " " + escape_line(audit::full_path(record, record.path));
  }
  if (!record.target.empty()) {
    // The text of a symbolic link is not below the mount.
    text += " -> " + escape_line(record.kind == EventKind::symlink
                                     ? record.target
                                     : audit::full_path(record, record.target));
  }
  if (!record.detail.empty()) text += " (" + escape_line(record.detail) + ")";
  return text;
}

std::string amounts(const Record& record) {
  std::string text;
  const auto add = [&](const char* format, const std::string& value) {
    text += fmt::format(fmt::runtime(format), value);
  };
  if (record.size > 0) add(", {}", format_bytes(record.size));
  if (record.bytes_read > 0) add(", read {}", format_bytes(record.bytes_read));
  if (record.bytes_written > 0) add(", wrote {}", format_bytes(record.bytes_written));
  if (record.duration > 0) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    add(", {}",
        format_duration(Nanos(static_cast<std::int64_t>(std::min(record.duration, kMost)))));
  }
  if (record.fuel > 0) add(", {} fuel", std::to_string(record.fuel));
  if (record.memory_peak > 0) add(", {} of memory", format_bytes(record.memory_peak));
  if (record.allowed > 0) {
    text += fmt::format(", {} of {} used", record.used, record.allowed);
  }
  if (record.cut) text += ", names cut";
  return text;
}

std::string count_of(const Record& record) {
  if (record.kind == EventKind::lost)
    return fmt::format(" {} events are missing here", record.count);
  if (record.kind == EventKind::resume && record.count > 0) {
    return fmt::format(" {} records are missing", record.count);
  }
  return record.count > 1 ? fmt::format(" x{}", record.count) : "";
}

std::uint64_t bytes(const audit::PluginStats& plugin) {
  const std::uint64_t sum = plugin.bytes_read + plugin.bytes_written;
  return sum < plugin.bytes_read ? ~std::uint64_t{0} : sum;
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_text(const Record& record, bool colour) {
  const bool refused = record.result != Errno::success;
  // To the millisecond, which is as much as a person compares.
  std::string text = audit::format_time(record.time).substr(0, 23) + "Z ";
  if (!record.plugin.empty()) text += escape_line(record.plugin) + " ";
  text += fmt::format("{}{}", audit::to_string(record.kind), subject(record));
  if (refused) {
    text +=
        fmt::format(": {}{}{}", colour ? kRed : "", to_string(record.result), colour ? kReset : "");
  }
  return text + amounts(record) + count_of(record) + "\n";
}

std::string to_text(const audit::Stats& stats, bool bars) {
  std::size_t width = 6;
  std::uint64_t most = 0;
  for (const audit::PluginStats& plugin : stats.plugins) {
    width = std::max(width, escape_line(plugin.plugin).size());
    most = std::max(most, bytes(plugin));
  }
  std::string text = fmt::format("{:<{}} {:>8} {:>8} {:>10} {:>10} {:>8}\n", "plugin", width,
                                 "calls", "files", "read", "written", "refused");
  for (const audit::PluginStats& plugin : stats.plugins) {
    const std::string shown = bars ? bar(bytes(plugin), most) : "";
    text += fmt::format("{:<{}} {:>8} {:>8} {:>10} {:>10} {:>8}{}{}\n", escape_line(plugin.plugin),
                        width, plugin.calls, plugin.files, format_bytes(plugin.bytes_read),
                        format_bytes(plugin.bytes_written), plugin.refused,
                        shown.empty() ? "" : "  ", shown);
  }
  if (stats.files_capped) text += "There are more different files than could be told apart.\n";
  if (stats.lost > 0) text += fmt::format("{} events could not be kept.\n", stats.lost);
  if (stats.malformed > 0) {
    text += fmt::format("{} lines are not records; run: midimon audit verify\n", stats.malformed);
  }
  return text;
}

std::string to_json(const audit::Stats& stats) {
  json plugins = json::array();
  for (const audit::PluginStats& plugin : stats.plugins) {
    plugins.push_back({{"plugin", escape_line(plugin.plugin)},
                       {"calls", plugin.calls},
                       {"files", plugin.files},
                       {"bytes_read", plugin.bytes_read},
                       {"bytes_written", plugin.bytes_written},
                       {"refused", plugin.refused}});
  }
  return dump({{"plugins", std::move(plugins)},
               {"records", stats.records},
               {"lost", stats.lost},
               {"malformed", stats.malformed},
               {"files_capped", stats.files_capped}});
}

std::string to_text(const audit::Verified& verified) {
  if (verified.flaw) {
    const audit::Flaw& flaw = *verified.flaw;
    return escape_line(flaw.line == 0 ? fmt::format("{}: {}", flaw.file, flaw.why)
                                      : fmt::format("{}:{}: {}", flaw.file, flaw.line, flaw.why)) +
           "\n";
  }
  if (verified.records == 0) return "whole: nothing was recorded yet\n";
  return fmt::format("whole: records {} to {}, {} in {} {}\n", verified.first_seq,
                     verified.last_seq, format_bytes(verified.bytes), verified.files,
                     verified.files == 1 ? "file" : "files");
}

std::string to_json(const audit::Verified& verified) {
  json out = {{"whole", !verified.flaw},         {"files", verified.files},
              {"records", verified.records},     {"bytes", verified.bytes},
              {"first_seq", verified.first_seq}, {"last_seq", verified.last_seq}};
  if (verified.flaw) {
    out["flaw"] = {{"file", escape_line(verified.flaw->file)},
                   {"line", verified.flaw->line},
                   {"why", escape_line(verified.flaw->why)}};
  }
  return dump(out);
}

Result<Nanos> parse_point(std::string_view option, std::string_view text, Nanos now) {
  if (const auto time = audit::parse_time(text)) return *time;
  if (const auto ago = parse_duration(text)) return now - *ago;
  constexpr std::int64_t kMostDays = 36'500;
  std::int64_t days = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  const bool whole = error == std::errc() && end == text.data() + text.size() - 1 && *end == 'd';
  if (whole && days >= 0 && days <= kMostDays) return now - std::chrono::hours(24 * days);
  return fail(ErrorCode::invalid,
              fmt::format("{}: \"{}\" is neither a span like 30m, 2h or 3d nor a time like "
                          "2026-07-27T09:30:00Z.",
                          option, escape_line(text.substr(0, 40))));
}

Result<void> parse_result(const std::string& text, audit::Filter& filter) {
  constexpr int kLast = static_cast<int>(Errno::notcapable);
  if (text == "refused") {
    filter.refused = true;
    return {};
  }
  for (int number = 0; number <= kLast; ++number) {
    const auto result = static_cast<Errno>(number);
    if (to_string(result) != text || text == "errno") continue;
    filter.result = result;
    return {};
  }
  return fail(ErrorCode::invalid,
              fmt::format("--result: \"{}\" is not success, refused, or the name of a WASI error "
                          "like noent, perm or dquot.",
                          escape_line(text.substr(0, 40))));
}

}  // namespace midimon::cli
