#include "hostapi/gate.h"

#include <fmt/format.h>

#include "base/text.h"
#include "grants/words.h"

namespace midimon::hostapi {

bool Gate::allows(const grants::Permissions& permissions, const grants::Rule& what) {
  if (permissions.includes(what)) return true;
  refuse(what);
  return false;
}

void Gate::refuse(const grants::Rule& what) {
  if (owner_.plugin.empty()) return;
  const std::string text = grants::to_grant(what);
  record(text, Errno::notcapable);
  if (is_new(text)) log(text, advice(what));
}

void Gate::refuse_for_now(const grants::Rule& what, std::string_view why) {
  if (owner_.plugin.empty()) return;
  const std::string text = grants::to_grant(what);
  record(text, Errno::again);
  if (is_new("for now " + text)) log(text, why);
}

void Gate::record(const std::string& text, Errno result) {
  if (sink_ == nullptr) return;
  audit::Event event;
  event.kind = audit::EventKind::deny;
  event.result = result;
  event.plugin = owner_.plugin;
  event.version = owner_.version;
  event.detail = text;
  sink_->record(event);
}

bool Gate::is_new(const std::string& refusal) {
  const std::lock_guard lock(mutex_);
  return logged_.size() < kMaxLogged && logged_.insert(refusal).second;
}

void Gate::log(const std::string& text, std::string_view why) {
  const std::string shown = is_showable(text) ? text : escape_line(text);
  log_.write(LogLevel::warning, owner_.log_source, fmt::format("was refused {}. {}", shown, why));
}

std::string Gate::advice(const grants::Rule& what) const {
  if (!owner_.requested.includes(what)) {
    return "It does not ask for that in its metadata, so it cannot be granted.";
  }
  if (!owner_.policy.includes(what)) return "Your policy forbids it.";
  const auto command = grants::grant_command(owner_.plugin, what);
  return command ? "To allow it from its next start on: " + *command
                 : "Only a grant of more than that would allow it.";
}

}  // namespace midimon::hostapi
