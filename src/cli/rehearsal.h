// The Rehearsal class stands in for the world while a plugin is tested: it answers what the case
// says, in the order in which the case says it, and keeps all that was otherwise.
//
// A call is a JSON object, {"call": "key_send", "chord": "ctrl+s"}. An expected one holds as much
// of it as matters, and in "answer" what comes of it: {"error": "a sentence"}, or what the call
// gives.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actions/desktop_caller.h"
#include "actions/system_caller.h"
#include "hostapi/stand_in.h"

namespace midimon::cli {

// Thread-safe.
class Rehearsal final : public hostapi::StandIn, public SystemCaller, public DesktopCaller {
 public:
  // Expects these from now on, in place of those before; connections stay as they are.
  void expect(std::vector<nlohmann::json> calls);

  // What was not as expected since then, in sentences; once the plugin has ended.
  [[nodiscard]] std::vector<std::string> problems();

  // The answer to a call; an error if it was not expected.
  nlohmann::json perform(const nlohmann::json& call);

  Result<net::Answer> ask(const net::ExchangeRequest& request) override;
  Result<std::unique_ptr<hostapi::MessageSocket>> connect(
      const net::WebSocketRequest& request) override;
  Result<RunResult> run(const RunRequest& request) override;
  void call(SystemRequest request, std::stop_token stop,
            std::function<void(SystemReport)> done) override;
  void ask(DesktopRequest request, std::stop_token stop, Done done) override;

 private:
  std::mutex mutex_;
  std::vector<nlohmann::json> expected_;
  std::size_t next_ = 0;
  std::vector<std::string> problems_;
};

// Whether `actual` has all that `expected` has: of objects those members, all else alike.
[[nodiscard]] bool includes(const nlohmann::json& actual, const nlohmann::json& expected);

}  // namespace midimon::cli
