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
  if (sink_ != nullptr) {
    audit::Event event;
    event.kind = audit::EventKind::deny;
    event.result = Errno::notcapable;
    event.plugin = owner_.plugin;
    event.version = owner_.version;
    event.detail = text;
    sink_->record(event);
  }
  {
    const std::lock_guard lock(mutex_);
    if (logged_.size() >= kMaxLogged || !logged_.insert(text).second) return;
  }
  const std::string shown = is_showable(text) ? text : escape_line(text);
  log_.write(LogLevel::warning, owner_.log_source,
             fmt::format("was refused {}. {}", shown, advice(what)));
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
