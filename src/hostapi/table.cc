#include "hostapi/table.h"

#include <algorithm>

#include "base/text.h"
#include "hostapi/context.h"

namespace midimon::hostapi {
namespace {

using wasm::host_function;
using wasm::HostCall;

constexpr std::uint64_t kCallCost = 100;     // fuel
constexpr std::uint64_t kBytesPerFuel = 16;  // copied and checked

// What a function answers; docs/abi.md has the same list.
enum class Answer : std::uint32_t { ok = 0, bad_text = 1, too_large = 2, not_granted = 3 };

// The guest's text; a null data() if it is not inside memory or not UTF-8.
std::string_view read_text(HostCall& call, std::uint32_t address, std::uint32_t length,
                           std::size_t look_at) {
  call.budget.charge(kCallCost + std::min<std::size_t>(length, look_at) / kBytesPerFuel);
  if (!call.memory.contains(address, length)) return {};
  return call.memory.text(address, length).substr(0, look_at);
}

// log(level, text, length): level 0 debug, 1 info, 2 warning, 3 error. Lines that are not text, or
// over the plugin's budget, are dropped: a plugin has no use for an error from its log.
void log(Context& context, HostCall& call, std::uint32_t level, std::uint32_t text,
         std::uint32_t length) {
  const std::string_view line = read_text(call, text, length, kMaxLogLine);
  if (line.data() == nullptr) return;
  const auto severity = static_cast<LogLevel>(std::min<std::uint32_t>(level, 3));
  context.log(severity, line);
}

// set_output(json, length): the call's result. The last one stands.
Answer set_output(Context& context, HostCall& call, std::uint32_t json, std::uint32_t length) {
  const std::string_view text = read_text(call, json, length, kMaxOutputBytes);
  if (text.data() == nullptr || !is_utf8(text)) return Answer::bad_text;
  if (length > kMaxOutputBytes) return Answer::too_large;
  context.set_output(text);
  return Answer::ok;
}

// set_error(text, length): what went wrong, for the person who pressed the pad. The last one
// stands.
Answer set_error(Context& context, HostCall& call, std::uint32_t text, std::uint32_t length) {
  const std::string_view message = read_text(call, text, length, kMaxErrorBytes);
  if (message.data() == nullptr) return Answer::bad_text;
  context.set_error(message);
  return Answer::ok;
}

// storage_usage(usage): writes what the plugin keeps in its directory and what it may.
Answer storage_usage(Context& context, HostCall& call, std::uint32_t usage) {
  call.budget.charge(kCallCost);
  struct {
    std::uint64_t used_bytes, allowed_bytes, used_entries, allowed_entries;
  } answer{};
  if (!call.memory.holds<decltype(answer)>(usage)) return Answer::bad_text;
  if (!context.allows(grants::FileRule()) || context.storage() == nullptr) {
    return Answer::not_granted;
  }
  const vfs::QuotaUsage used = context.storage()->used();
  const vfs::QuotaUsage& allowed = context.storage()->allowed();
  answer = {used.bytes, allowed.bytes, used.entries, allowed.entries};
  call.memory.store(usage, answer);
  return Answer::ok;
}

constexpr wasm::HostFunction kTable[] = {
    host_function<log>("log"),
    host_function<set_output>("set_output"),
    host_function<set_error>("set_error"),
    host_function<storage_usage>("storage_usage"),
};

}  // namespace

wasm::ImportModule import_module() {
  return {"midimon", kTable};
}

}  // namespace midimon::hostapi
