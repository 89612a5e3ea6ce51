// midimon events: what happened in the daemon, and what happens from now on.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/daemon_client.h"
#include "cli/key_files.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

struct Options {
  bool follow = false;
  std::size_t last = 0;  // 0: all
  bool json = false;
};

void print(const Options& options, std::string_view kind, const json& event) {
  if (options.json) {
    fmt::print("{}\n", event_json(kind, event));
  } else {
    const double seconds = static_cast<double>(event.value("at_ns", std::int64_t{0})) / 1e9;
    fmt::print("{:>10.3f}  {}\n", seconds, event_line(kind, event));
  }
  std::fflush(stdout);
}

// All that the daemon has kept after `number`.
Result<std::vector<json>> kept_after(ipc::Client& client, std::uint64_t number) {
  std::vector<json> out;
  while (true) {
    const auto some = client.call("events", {{"after", number}});
    if (!some) return tl::unexpected(some.error());
    if (some->empty()) return out;
    for (const json& event : *some) {
      number = event["data"].value("number", std::uint64_t{0});
      out.push_back(event);
    }
  }
}

int events(const Options& options) {
  auto client = connect_daemon();
  if (!client) return report(client.error());
  // First of all, so that nothing is missed between the two.
  if (options.follow) {
    if (const auto told = client->call("subscribe"); !told) return report(told.error());
  }
  const auto kept = kept_after(*client, 0);
  if (!kept) return report(kept.error());
  std::uint64_t number = 0;
  const std::size_t skipped =
      options.last == 0 || kept->size() <= options.last ? 0 : kept->size() - options.last;
  for (std::size_t i = skipped; i < kept->size(); ++i)
    print(options, (*kept)[i].value("event", ""), (*kept)[i]["data"]);
  if (!kept->empty()) number = kept->back()["data"].value("number", std::uint64_t{0});
  while (options.follow) {
    const auto event = client->next_event();
    if (!event) {
      print_error(event.error().message);
      return kOk;
    }
    // Those that are kept have a number.
    if (event->value.value("number", std::uint64_t{0}) <= number) continue;
    print(options, event->method, event->value);
  }
  return kOk;
}

}  // namespace

void add_events(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "events",
      "Show what became of actions, modes, controllers and plugins in the running daemon: the last "
      "1,000 of such events, each with the seconds since it began.\n"
      "Exit status: 0 done, 2 no daemon runs.");
  command->add_flag("-f,--follow", options->follow, "Go on with those that come");
  command->add_option("-n,--last", options->last, "Only the last so many of those that were");
  command->add_flag("--json", options->json, "As JSON, one object a line");
  command->callback([=, &status] { status = events(*options); });
}

}  // namespace midimon::cli
