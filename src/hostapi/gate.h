// The Gate class is where a host function asks whether its plugin may do something, and where a no
// becomes known: a line in the log with the command that would allow it, and an event in the audit.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/log.h"
#include "grants/permissions.h"

namespace midimon::hostapi {

// Whose gate it is. All outlive it and may change until the first call; an empty `plugin` is one
// that has not said yet who it is, and of whose refusals nobody hears.
struct GateOwner {
  const std::string& plugin;
  const std::string& version;
  const std::string& log_source;
  const grants::Permissions& requested;
  const grants::Permissions& policy;
};

// One for a plugin; thread-safe.
class Gate {
 public:
  // `sink` may be null.
  Gate(GateOwner owner, LogSink& log, audit::Sink* sink) : owner_(owner), log_(log), sink_(sink) {}

  // Whether `permissions` allow all of `what`. Each refusal is an event (the recorder counts those
  // that repeat); the log has a line for each thing once, up to kMaxLogged things.
  [[nodiscard]] bool allows(const grants::Permissions& permissions, const grants::Rule& what);

  // Tells of a refusal; allows() does so itself.
  void refuse(const grants::Rule& what);

  // Tells of a refusal of what is granted, and refused for now: the log has `why`, a sentence.
  void refuse_for_now(const grants::Rule& what, std::string_view why);

  // Whose it is; empty while it has not said yet who it is.
  [[nodiscard]] const std::string& plugin() const { return owner_.plugin; }

  static constexpr std::size_t kMaxLogged = 32;

 private:
  void record(const std::string& text, Errno result);
  // Whether the log has no line for it yet, and room for one.
  [[nodiscard]] bool is_new(const std::string& refusal);
  void log(const std::string& text, std::string_view why);
  [[nodiscard]] std::string advice(const grants::Rule& what) const;

  GateOwner owner_;
  LogSink& log_;
  audit::Sink* sink_;
  std::mutex mutex_;
  std::set<std::string> logged_;
};

}  // namespace midimon::hostapi
