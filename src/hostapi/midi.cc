#include <string>
#include <utility>

#include "hostapi/desktop_errand.h"
#include "hostapi/rows.h"
#include "midi/split_messages.h"

namespace midimon::hostapi {
namespace {

constexpr std::size_t kMaxPortName = 256;
constexpr std::size_t kMaxMidiBytes = 4096;

// midi_send(port, port_length, bytes, bytes_length): whole messages, to the outputs with that part
// of a name, or to the controllers. Each output that is meant must have been granted.
Answer midi_send(Context& context, HostCall& call, std::uint32_t port, std::uint32_t port_length,
                 std::uint32_t bytes, std::uint32_t bytes_length) {
  const auto name = read_text(call, port, port_length, kMaxPortName);
  if (!name) return name.error();
  const auto data = read_bytes(call, bytes, bytes_length, kMaxMidiBytes);
  if (!data) return data.error();
  // Who may send to nothing learns no names.
  if (!context.permissions().has(CapabilityKind::midi) &&
      !context.allows(grants::PortRule{true, {"", true}})) {
    return Answer::not_granted;
  }
  auto messages = split_messages(*data);
  if (!messages) {
    return context.explain(Answer::invalid,
                           "MIDI is sent in whole messages, each with its status byte; a system "
                           "exclusive one is F0 to F7.");
  }
  Asked found = ask_desktop(context, call, MidiOutputsQuery{std::string(*name)});
  if (!found.value) return found.answer;
  for (const std::string& output : found.value->names) {
    if (!context.allows(grants::PortRule{true, {output, false}})) return Answer::not_granted;
  }
  return ask_desktop(context, call,
                     MidiSending{std::move(found.value->names), std::move(*messages)})
      .answer;
}

constexpr wasm::HostFunction kRows[] = {host_function<midi_send>("midi_send")};

}  // namespace

Rows midi_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
