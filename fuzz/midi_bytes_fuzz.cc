// ByteParser and HeldNotes: whatever bytes a cable carries, what comes of them are messages, and no
// note stays down once the cable is pulled.
#include <cstdint>

#include "fuzz/check.h"
#include "midi/byte_parser.h"
#include "midi/held_notes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  ByteParser parser(64);
  HeldNotes held;
  std::size_t messages = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto message = parser.push(data[i]);
    if (!message) continue;
    ++messages;
    fuzz::check(message->status >= 0x80, "a message begins with a status");
    fuzz::check((message->data1 | message->data2) < 0x80, "data bytes are below 128");
    fuzz::check(to_string(message->kind()) != "unknown", "every message has a name");
    if (message->kind() == MessageKind::sysex) {
      fuzz::check(parser.sysex().size() <= 64, "a sysex is no longer than what is kept");
      for (const std::uint8_t byte : parser.sysex())
        fuzz::check(byte < 0x80, "a sysex holds data only");
    }
    held.take(*message);
  }
  fuzz::check(messages + parser.losses().stray_bytes <= size, "each byte counts once at most");
  std::size_t released = 0;
  const std::size_t down = held.count();
  held.release_all([&](const Message& message) {
    ++released;
    fuzz::check(message.is_release(), "a release is one");
  });
  fuzz::check(released == down && held.count() == 0, "every note that is down is released");
  return 0;
}
