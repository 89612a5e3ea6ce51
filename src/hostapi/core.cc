#include <algorithm>

#include "hostapi/context.h"
#include "hostapi/guest.h"
#include "hostapi/rows.h"

namespace midimon::hostapi {
namespace {

// log(level, text, length): level 0 debug, 1 info, 2 warning, 3 error. Lines that are not text, or
// over the plugin's budget, are dropped: a plugin has no use for an error from its log.
void log(Context& context, HostCall& call, std::uint32_t level, std::uint32_t text,
         std::uint32_t length) {
  charge(call, std::min<std::size_t>(length, kMaxLogLine));
  if (!call.memory.contains(text, length)) return;
  const auto severity = static_cast<LogLevel>(std::min<std::uint32_t>(level, 3));
  context.log(severity, call.memory.text(text, length).substr(0, kMaxLogLine));
}

// set_output(json, length): the call's result. The last one stands.
Answer set_output(Context& context, HostCall& call, std::uint32_t json, std::uint32_t length) {
  const auto text = read_text(call, json, length, kMaxOutputBytes);
  if (!text) return text.error();
  context.set_output(*text);
  return Answer::ok;
}

// set_error(text, length): what went wrong, for the person who pressed the pad. The last one
// stands.
Answer set_error(Context& context, HostCall& call, std::uint32_t text, std::uint32_t length) {
  charge(call, std::min<std::size_t>(length, kMaxErrorBytes));
  if (!call.memory.contains(text, length)) return Answer::bad_text;
  context.set_error(call.memory.text(text, length).substr(0, kMaxErrorBytes));
  return Answer::ok;
}

// last_error(buffer, capacity, length*): why the last function that answered not_granted, invalid,
// failed, timed_out or unavailable did, in a sentence; empty if none has.
Answer last_error(Context& context, HostCall& call, std::uint32_t buffer, std::uint32_t capacity,
                  std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  return write_whole(call, out, context.last_error());
}

// storage_usage(usage): writes what the plugin keeps in its directory and what it may.
Answer storage_usage(Context& context, HostCall& call, std::uint32_t usage) {
  charge(call);
  struct {
    std::uint64_t used_bytes, allowed_bytes, used_entries, allowed_entries;
  } answer{};
  if (!call.memory.holds<decltype(answer)>(usage)) return Answer::bad_text;
  if (!context.allows(grants::FileRule())) return Answer::not_granted;
  if (context.storage() == nullptr) {
    return context.explain(Answer::not_granted, "The plugin has no directory of its own.");
  }
  const vfs::QuotaUsage used = context.storage()->used();
  const vfs::QuotaUsage& allowed = context.storage()->allowed();
  answer = {used.bytes, allowed.bytes, used.entries, allowed.entries};
  call.memory.store(usage, answer);
  return Answer::ok;
}

constexpr wasm::HostFunction kRows[] = {
    host_function<log>("log"),
    host_function<set_output>("set_output"),
    host_function<set_error>("set_error"),
    host_function<last_error>("last_error"),
    host_function<storage_usage>("storage_usage"),
};

}  // namespace

Rows core_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
