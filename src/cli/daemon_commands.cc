// midimon status | reload | stop | ports | monitor: talk to a daemon that runs.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/places.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/daemon_client.h"
#include "cli/key_files.h"
#include "cli/live_status.h"
#include "cli/plugin_store.h"
#include "ipc/client.h"
#include "ports/inputs.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

Result<json> call(std::string_view method) {
  auto client = connect_daemon();
  if (!client) return tl::unexpected(client.error());
  return client->call(method);
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int status(bool as_json) {
  const auto answer = call("status");
  if (!answer) return report(answer.error());
  print(as_json ? answer->dump() + "\n" : status_text(*answer));
  return kOk;
}

int reload() {
  const auto answer = call("reload");
  if (!answer) return report(answer.error());
  print("The profile was read again.\n");
  return kOk;
}

// Until it has ended, so that another can be started at once.
int stop() {
  auto client = connect_daemon();
  if (!client) return report(client.error());
  if (const auto answer = client->call("stop"); !answer) return report(answer.error());
  while (client->next_event()) {
  }
  print("midimon has ended.\n");
  return kOk;
}

// Of the daemon, or where none runs, of this machine.
int ports(bool as_json) {
  auto answer = call("ports");
  if (!answer && answer.error().code == ErrorCode::not_found) {
    const SystemClock clock;
    Inputs inputs({}, clock);
    inputs.look_now();
    answer = to_json(inputs.state());
  }
  if (!answer) return report(answer.error());
  print(as_json ? answer->dump() + "\n" : ports_text(*answer));
  return kOk;
}

int monitor(bool as_json) {
  auto client = connect_daemon();
  if (!client) return report(client.error());
  if (const auto told = client->call("subscribe"); !told) return report(told.error());
  while (true) {
    const auto event = client->next_event();
    if (!event) {
      print_error(event.error().message);
      return kOk;
    }
    print((as_json ? json({{"event", event->method}, {"data", event->value}}).dump()
                   : event_line(event->method, event->value)) +
          "\n");
  }
}

template <typename Run>
void add(CLI::App& app, int& status, const char* name, const char* what, bool json_too, Run run) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand(
      name,
      std::string(what) + "\nExit status: 0 done, 2 no daemon runs, or it could not be done.");
  if (json_too) command->add_flag("--json", *as_json, "As JSON, one object a line");
  command->callback([=, &status] { status = run(*as_json); });
}

}  // namespace

void add_daemon_commands(CLI::App& app, int& exit_status) {
  add(app, exit_status, "status", "Show what the daemon does and has done.", true, status);
  add(app, exit_status, "reload",
      "Have the daemon read its profile again.\nIf that is wrong it says why and goes on with the "
      "one before.",
      false, [](bool) { return reload(); });
  add(app, exit_status, "stop", "End the daemon, and wait until it has ended.", false,
      [](bool) { return stop(); });
  add(app, exit_status, "ports", "List the ports that send MIDI; those with a * are listened to.",
      true, ports);
  add(app, exit_status, "monitor",
      "Show what comes in, what it means and what becomes of it, as it happens.", true, monitor);
}

}  // namespace midimon::cli
