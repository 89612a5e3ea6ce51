#include "cli/event_feed.h"

#include <string>
#include <utility>

namespace midimon::cli {

using nlohmann::json;

void EventFeed::tell(std::string_view kind, json event, Nanos at) {
  ipc::Server* const server = listened_to();
  if (server == nullptr) return;
  event["at_ns"] = (at - began_).count();
  server->notify(kind, event);
}

void EventFeed::keep(std::string_view kind, json event) {
  event["at_ns"] = (clock_.monotonic() - began_).count();
  {
    const std::scoped_lock lock(mutex_);
    event["number"] = ++number_;
    if (kept_.size() == kKept) kept_.pop_front();
    kept_.push_back({number_, {{"event", std::string(kind)}, {"data", event}}});
  }
  if (ipc::Server* const server = listened_to()) server->notify(kind, event);
}

json EventFeed::kept(std::uint64_t after) const {
  const std::scoped_lock lock(mutex_);
  json out = json::array();
  std::size_t bytes = 0;
  for (const Kept& kept : kept_) {
    if (kept.number <= after) continue;
    bytes += kept.event.dump(-1, ' ', false, json::error_handler_t::replace).size();
    if (bytes > ipc::kMaxLine / 2 && !out.empty()) break;
    out.push_back(kept.event);
  }
  return out;
}

}  // namespace midimon::cli
