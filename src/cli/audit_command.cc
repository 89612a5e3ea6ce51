// midimon audit tail | query | verify | stats: what plugins did, from the journal.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "audit/reader.h"
#include "audit/verify.h"
#include "base/places.h"
#include "base/text.h"
#include "cli/audit_text.h"
#include "cli/commands.h"
#include "cli/console.h"

namespace midimon::cli {
namespace {

using audit::Reader;

struct Options {
  std::string directory;  // empty: the user's
  std::string plugin;
  std::string since;
  std::string until;
  std::string event;
  std::string path;
  std::string result;
  std::size_t lines = 20;
  bool follow = false;
  bool json = false;
  std::vector<std::string> files;
  std::string earlier_head;
};

int usage_error(const Error& error) {
  print_error(escape_line(error.message));
  return kUsage;
}

Result<std::string> directory_of(const Options& options) {
  if (!options.directory.empty()) return options.directory;
  return find_places(this_platform(), process_environment()).map([](const Places& places) {
    return places.state + places.separator + "audit";
  });
}

// The journal of somebody who has none yet is empty, and no error.
bool is_not_there_yet(const Options& options, const Error& error) {
  return options.directory.empty() && error.code == ErrorCode::not_found;
}

Result<audit::Filter> filter_of(const Options& options) {
  audit::Filter filter;
  filter.plugin = options.plugin;
  filter.path = options.path;
  const Nanos now = SystemClock().realtime();
  if (!options.since.empty()) {
    const auto point = parse_point("--since", options.since, now);
    if (!point) return tl::unexpected(point.error());
    filter.since = *point;
  }
  if (!options.until.empty()) {
    const auto point = parse_point("--until", options.until, now);
    if (!point) return tl::unexpected(point.error());
    filter.until = *point;
  }
  if (!options.event.empty()) {
    filter.event = audit::event_kind(options.event);
    if (!filter.event) {
      return fail(ErrorCode::invalid, "--event: \"" + options.event +
                                          "\" is not an event. docs/audit.md lists them; open, "
                                          "create, rename and unlink are some.");
    }
  }
  if (!options.result.empty()) {
    if (auto parsed = parse_result(options.result, filter); !parsed) {
      return tl::unexpected(parsed.error());
    }
  }
  return filter;
}

// Writes to stdout. False: nobody reads it any more.
bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
}

// Prints the records that are asked for, and complains about lines that are none.
class Printer {
 public:
  explicit Printer(const Options& options)
      : json_(options.json), colour_(is_colour_terminal(STDOUT_FILENO)) {}

  // Every text of a line that was read is escaped, so that it may be shown as it stands.
  [[nodiscard]] std::string text_of(const Reader::Entry& entry) const {
    return json_ ? std::string(entry.text) + "\n" : to_text(*entry.record, colour_);
  }
  void complain(const Reader::Entry& entry) {
    malformed_ = true;
    print_error(audit::file_name(entry.file) + ":" + std::to_string(entry.line) + ": " +
                entry.record.error().message + "; run: midimon audit verify");
  }
  [[nodiscard]] int status() const { return malformed_ ? kFailed : kOk; }

 private:
  bool json_;
  bool colour_;
  bool malformed_ = false;
};

int query(const Options& options) {
  const auto filter = filter_of(options);
  if (!filter) return usage_error(filter.error());
  const auto directory = directory_of(options);
  if (!directory) return usage_error(directory.error());
  auto reader = Reader::open(*directory);
  if (!reader && is_not_there_yet(options, reader.error())) return kOk;
  if (!reader) return usage_error(reader.error());
  Printer printer(options);
  while (const auto entry = reader->next()) {
    if (!entry->record) {
      printer.complain(*entry);
    } else if (matches(*filter, *entry->record) && !print(printer.text_of(*entry))) {
      break;
    }
  }
  return printer.status();
}

// The last lines that are asked for, from as few files as hold them.
struct Last {
  std::deque<std::string> lines;
  Reader reader;  // at the end
};

Result<Last> find_last(const std::string& directory, const Options& options,
                       const audit::Filter& filter, Printer& printer) {
  for (std::size_t files = 1;; files *= 2) {
    auto counted = Reader::open(directory);
    if (!counted) return tl::unexpected(counted.error());
    const std::size_t count = counted->file_count();
    auto reader = Reader::open(directory, count > files ? count - files : 0);
    if (!reader) return tl::unexpected(reader.error());
    Last last{{}, std::move(*reader)};
    while (const auto entry = last.reader.next()) {
      if (!entry->record && files >= count) printer.complain(*entry);
      if (!entry->record || !matches(filter, *entry->record)) continue;
      last.lines.push_back(printer.text_of(*entry));
      if (last.lines.size() > options.lines) last.lines.pop_front();
    }
    if (last.lines.size() >= options.lines || files >= count) return last;
  }
}

int follow(Reader& reader, const audit::Filter& filter, Printer& printer) {
  constexpr auto kPause = std::chrono::milliseconds(200);
  while (std::fflush(stdout) == 0) {
    while (const auto entry = reader.next()) {
      if (!entry->record) {
        printer.complain(*entry);
      } else if (matches(filter, *entry->record)) {
        print(printer.text_of(*entry));
      }
    }
    if (std::ferror(stdout) != 0) break;
    std::this_thread::sleep_for(kPause);
  }
  return printer.status();
}

int tail(const Options& options) {
  audit::Filter filter;
  filter.plugin = options.plugin;
  const auto directory = directory_of(options);
  if (!directory) return usage_error(directory.error());
  Printer printer(options);
  auto last = find_last(*directory, options, filter, printer);
  if (!last && is_not_there_yet(options, last.error()) && !options.follow) return kOk;
  if (!last) return usage_error(last.error());
  for (const std::string& line : last->lines)
    print(line);
  return options.follow ? follow(last->reader, filter, printer) : printer.status();
}

int verify(const Options& options) {
  const audit::VerifyOptions how{.earlier_head = options.earlier_head};
  Result<audit::Verified> verified;
  if (options.files.empty()) {
    const auto directory = directory_of(options);
    if (!directory) return usage_error(directory.error());
    verified = audit::verify_directory(*directory, how);
    if (!verified && is_not_there_yet(options, verified.error()) && options.earlier_head.empty()) {
      verified = audit::Verified{};
    }
  } else {
    verified = audit::verify_files(options.files, how);
  }
  if (!verified) return usage_error(verified.error());
  print(options.json ? to_json(*verified) : to_text(*verified));
  return verified->flaw ? kFailed : kOk;
}

int show_stats(const Options& options) {
  const auto filter = filter_of(options);
  if (!filter) return usage_error(filter.error());
  const auto directory = directory_of(options);
  if (!directory) return usage_error(directory.error());
  auto stats = audit::stats(*directory, *filter);
  if (!stats && is_not_there_yet(options, stats.error())) stats = audit::Stats{};
  if (!stats) return usage_error(stats.error());
  print(options.json ? to_json(*stats) : to_text(*stats, ::isatty(STDOUT_FILENO) == 1));
  return kOk;
}

CLI::Option* add_directory(CLI::App& command, Options& options) {
  return command.add_option("--dir", options.directory,
                            "The journal's directory, instead of $XDG_STATE_HOME/midimon/audit");
}

void add_span(CLI::App& command, Options& options) {
  command.add_option("--since", options.since,
                     "From then on: a span before now (30m, 2h, 3d) or a time "
                     "(2026-07-27T09:30:00Z)");
  command.add_option("--until", options.until, "Before then, written the same way");
}

void add_tail(CLI::App& group, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(
      "tail",
      "Show the newest records.\n"
      "Exit status: 0, 1 if a line is not a record, 2 usage or a directory that cannot be read.");
  command->add_flag("-f,--follow", options->follow, "Go on showing what is recorded");
  command->add_option("-n,--lines", options->lines, "How many of the newest")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000'000));
  command->add_option("--plugin", options->plugin, "Of this plugin alone: its id");
  command->add_flag("--json", options->json, "The lines of the journal as they are");
  add_directory(*command, *options);
  command->callback([=, &status] { status = tail(*options); });
}

void add_query(CLI::App& group, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(
      "query",
      "Show the records that are asked for, oldest first.\n"
      "Exit status: 0, 1 if a line is not a record, 2 usage or a directory that cannot be read.");
  command->add_option("--plugin", options->plugin, "Of this plugin alone: its id");
  add_span(*command, *options);
  command->add_option("--event", options->event, "Of this kind alone: open, create, rename, ...");
  command->add_option("--path", options->path,
                      "About a path, or a target, that begins like this, or that matches it if it "
                      "has *, ? or [; with a / in front the mount counts");
  command->add_option(
      "--result", options->result,
      "With this result alone: success, refused (all others), or a name like noent");
  command->add_flag("--json", options->json, "The lines of the journal as they are");
  add_directory(*command, *options);
  command->callback([=, &status] { status = query(*options); });
}

void add_verify(CLI::App& group, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(
      "verify",
      "Find out whether the journal is as it was written.\n"
      "Without FILE all of it is looked at, and whether it reaches as far as its head record says. "
      "Exit status: 0 whole, 1 not (the first bad line and why are shown), 2 unreadable.");
  CLI::Option* files =
      command->add_option("FILE", options->files,
                          "Look at these journal files alone, and how they follow on each other");
  CLI::Option* head = command->add_option(
      "--head", options->earlier_head,
      "A head record that was put aside earlier and perhaps signed: its record has to be there");
  head->excludes(files);
  command->add_flag("--json", options->json, "As one JSON object");
  add_directory(*command, *options)->excludes(files);
  command->callback([=, &status] { status = verify(*options); });
}

void add_stats(CLI::App& group, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(
      "stats",
      "Sum up what each plugin did: calls, different files, bytes, refused operations.\n"
      "Exit status: 0, 2 usage or a directory that cannot be read.");
  command->add_option("--plugin", options->plugin, "Of this plugin alone: its id");
  add_span(*command, *options);
  command->add_flag("--json", options->json, "As one JSON object");
  add_directory(*command, *options);
  command->callback([=, &status] { status = show_stats(*options); });
}

}  // namespace

void add_audit(CLI::App& app, int& status) {
  CLI::App* group = app.add_subcommand("audit", "See what plugins did, and that nobody changed it");
  group->require_subcommand(1);
  add_tail(*group, status);
  add_query(*group, status);
  add_verify(*group, status);
  add_stats(*group, status);
}

}  // namespace midimon::cli
