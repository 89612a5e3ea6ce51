// The Context class is what the "midimon" host functions know of the call they serve: who calls,
// and where its log lines and results go. One for each instance; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "grants/permissions.h"
#include "hostapi/answer.h"
#include "hostapi/gate.h"
#include "hostapi/launch_budget.h"
#include "hostapi/services.h"
#include "vfs/quota.h"

namespace midimon::hostapi {

inline constexpr std::size_t kMaxOutputBytes = 64 * 1024;  // of set_output, JSON
inline constexpr std::size_t kMaxErrorBytes = 4 * 1024;    // of set_error; the rest is cut
inline constexpr std::size_t kMaxLogLine = 4 * 1024;       // of one log call; the rest is cut

// The LogBudget class bounds what one plugin may write to the host's log in a minute, over all its
// instances. Thread-safe.
class LogBudget {
 public:
  explicit LogBudget(std::size_t bytes_per_minute) : limit_(bytes_per_minute) {}

  struct Verdict {
    bool allowed = false;
    std::size_t dropped_before = 0;  // lines that were not, in the minute that has ended
  };
  // Asks for `bytes` at the monotonic time `now`.
  Verdict ask(std::size_t bytes, Nanos now);

 private:
  std::mutex mutex_;
  std::size_t limit_;
  std::size_t used_ = 0;
  std::size_t dropped_ = 0;
  std::optional<Nanos> minute_start_;
};

class ConnectionPool;
class OpenThings;

// What a context is made of. All outlive it.
struct ContextParts {
  LogSink& log;
  LogBudget& budget;
  LaunchBudget& launches;
  const Clock& clock;
  const std::string& source;  // what the log calls the plugin: "plugin <id>"
  Gate& gate;
  const grants::Permissions& permissions;
  const grants::Permissions& granted;    // what the user said, whatever the plugin asks for
  const vfs::Ledger* storage = nullptr;  // of the plugin's own directory; null without one
  Services services = {};
  ConnectionPool* connections = nullptr;  // the plugin's; null: none are kept
  std::string_view settings = "{}";       // that the user gave the plugin, a JSON object
};

class Context {
 public:
  explicit Context(const ContextParts& parts);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Whether the plugin was granted all of `what`: every host function that does something outside
  // of the sandbox asks here first, and answers not_granted where the answer is no; last_error()
  // then says what is missing.
  [[nodiscard]] bool allows(const grants::Rule& what);

  // For what a rule allows and something else forbids after all: a refusal like that of allows().
  void refuse(const grants::Rule& what) { parts_.gate.refuse(what); }

  // Asked before something that `what` allows is started or opened outside of the sandbox: whether
  // the plugin may do such a thing now, or has done it too often, which last_error() then says.
  [[nodiscard]] bool may_launch(const grants::Rule& what);

  // What the guest's handles stand for. They are closed with the instance, or before by close().
  [[nodiscard]] OpenThings& open() { return *open_; }
  void close();

  // What the host offers.
  [[nodiscard]] const Services& services() const { return parts_.services; }
  // Whom it serves; empty while the plugin has not said yet who it is.
  [[nodiscard]] const std::string& plugin() const { return parts_.gate.plugin(); }
  [[nodiscard]] const grants::Permissions& permissions() const { return parts_.permissions; }
  [[nodiscard]] const grants::Permissions& granted() const { return parts_.granted; }
  [[nodiscard]] const Clock& clock() const { return parts_.clock; }

  // Keeps a sentence that the guest may ask for with last_error, and answers `why`.
  Answer explain(Answer why, std::string_view sentence) {
    last_error_ = sentence.substr(0, kMaxErrorBytes);
    return why;
  }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

  // Hands one line of the plugin to the log, made safe to show; drops it when the minute's budget
  // is used up.
  void log(LogLevel level, std::string_view text);

  void set_output(std::string_view json) { output_ = json; }
  void set_error(std::string_view text) { error_ = text.substr(0, kMaxErrorBytes); }

  void set_state(std::string json) { state_ = std::move(json); }
  [[nodiscard]] std::string_view settings() const { return parts_.settings; }
  [[nodiscard]] const vfs::Ledger* storage() const { return parts_.storage; }

  // What the plugin set during this call; empty if it did not.
  [[nodiscard]] const std::string& output() const { return output_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] const std::string& state() const { return state_; }
  // Forgets them and the last error, before the next call.
  void reset() {
    output_.clear();
    error_.clear();
    state_.clear();
    last_error_.clear();
  }

 private:
  ContextParts parts_;
  std::unique_ptr<OpenThings> open_;
  std::string output_;
  std::string error_;
  std::string state_;  // JSON that has been checked
  std::string last_error_;
};

}  // namespace midimon::hostapi
