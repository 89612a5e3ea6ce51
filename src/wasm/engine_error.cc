#include "wasm/engine_error.h"

#include <cctype>
#include <string>
#include <string_view>

#include "base/text.h"

namespace midimon::wasm {
namespace {

constexpr std::size_t kMaxFrames = 16;
constexpr std::string_view kNoModuleName = "<unknown>!";

std::string take_text(wasm_byte_vec_t* bytes) {
  std::string text(bytes->data, bytes->size);
  wasm_byte_vec_delete(bytes);
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n'))
    text.pop_back();
  return text;
}

// What the trap means to the plugin's author.
std::string_view describe(wasmtime_trap_code_t code) {
  switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return "the call stack is exhausted (recursion too deep)";
    case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
      return "a memory access out of bounds";
    case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
      return "a table access out of bounds";
    case WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL:
      return "a call through a null function pointer";
    case WASMTIME_TRAP_CODE_BAD_SIGNATURE:
      return "a call through a function pointer of another type";
    case WASMTIME_TRAP_CODE_INTEGER_OVERFLOW:
      return "an integer overflow";
    case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO:
      return "an integer division by zero";
    case WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER:
      return "a float that does not fit an integer";
    case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
      return "an abort (the instruction `unreachable`: an assertion, a panic or abort())";
    default:
      return "a trap";
  }
}

// The engine's text is a headline, "  0:  0x2f - module!function" for each frame, an empty line,
// "Caused by:" and the causes. What we want of it is the frames.
std::string backtrace(std::string_view text) {
  std::string frames;
  std::size_t count = 0;
  std::size_t at = 0;
  while (at < text.size() && count < kMaxFrames) {
    std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) end = text.size();
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    while (!line.empty() && line.front() == ' ')
      line.remove_prefix(1);
    const std::size_t colon = line.find(": ");
    const std::size_t dash = line.find(" - ");
    const bool is_frame = colon != std::string_view::npos && dash != std::string_view::npos &&
                          std::isdigit(static_cast<unsigned char>(line.front())) != 0;
    if (!is_frame) continue;
    frames += "\n    at ";
    line.remove_prefix(dash + 3);
    // A module without a name of its own; there is only one in a backtrace anyway.
    if (line.starts_with(kNoModuleName)) line.remove_prefix(kNoModuleName.size());
    frames += escape_line(line);  // names come from the guest
    ++count;
  }
  if (count == kMaxFrames) frames += "\n    at ...";
  return frames;
}

// The last cause in the engine's text, or all of it where there is no list of causes.
std::string_view last_cause(std::string_view text) {
  const std::size_t list = text.rfind("Caused by:");
  if (list == std::string_view::npos) return text;
  std::string_view cause = text.substr(list + 10);
  const std::size_t line = cause.find_last_of('\n');
  if (line != std::string_view::npos) cause = cause.substr(line + 1);
  const std::size_t start = cause.find_first_not_of(" 0123456789:");
  return start == std::string_view::npos ? cause : cause.substr(start);
}

Stop stop_from(std::string_view text, bool has_code, wasmtime_trap_code_t code) {
  if (has_code && code == WASMTIME_TRAP_CODE_OUT_OF_FUEL) return {StopReason::fuel, 0, {}};
  if (has_code && code == WASMTIME_TRAP_CODE_INTERRUPT) return {StopReason::deadline, 0, {}};
  std::string message(has_code ? describe(code) : last_cause(text));
  if (has_code && message == "a trap") message = std::string(last_cause(text));
  if (!has_code) message = escape_line(message);
  return {StopReason::trapped, 0, message + backtrace(text)};
}

}  // namespace

std::string take_message(wasmtime_error_t* error) {
  wasm_byte_vec_t bytes;
  wasmtime_error_message(error, &bytes);
  wasmtime_error_delete(error);
  return take_text(&bytes);
}

Stop take_stop(wasm_trap_t* trap) {
  wasmtime_trap_code_t code = 0;
  const bool has_code = wasmtime_trap_code(trap, &code);
  wasm_byte_vec_t bytes;
  wasm_trap_message(trap, &bytes);
  wasm_trap_delete(trap);
  return stop_from(take_text(&bytes), has_code, code);
}

Stop take_stop(wasmtime_error_t* error) {
  return stop_from(take_message(error), false, 0);
}

}  // namespace midimon::wasm
