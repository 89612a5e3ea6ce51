#include "sounding.h"

#include <utility>

namespace midi_tools {
namespace {

void add(std::vector<std::uint8_t>& bytes, int status, int channel, int note, int velocity) {
  bytes.push_back(static_cast<std::uint8_t>(status | (channel - 1)));
  bytes.push_back(static_cast<std::uint8_t>(note));
  bytes.push_back(static_cast<std::uint8_t>(velocity));
}

}  // namespace

midimon::Status Sounding::start(const Output& output, std::string_view key,
                                const std::vector<int>& notes, int velocity) {
  if (auto stopped = stop(output, key); !stopped) return stopped;
  if (notes_.size() + notes.size() > kMost) {
    return midimon::failed("256 notes sound already; end some with release or all_off.");
  }
  std::vector<std::uint8_t> bytes;
  for (const int note : notes)
    add(bytes, 0x90, output.channel, note, velocity);
  if (auto sent = midimon::midi_send(output.port, bytes); !sent) return sent.status();
  for (const int note : notes)
    notes_.push_back({output, std::string(key), static_cast<std::uint8_t>(note)});
  return midimon::ok();
}

midimon::Status Sounding::stop(const Output& output, std::string_view key) {
  std::vector<std::uint8_t> bytes;
  for (const Note& note : notes_) {
    if (note.output == output && note.key == key) add(bytes, 0x80, output.channel, note.note, 64);
  }
  if (bytes.empty()) return midimon::ok();
  if (auto sent = midimon::midi_send(output.port, bytes); !sent) return sent.status();
  std::erase_if(notes_, [&](const Note& note) { return note.output == output && note.key == key; });
  return midimon::ok();
}

midimon::Status Sounding::stop_all() {
  midimon::Status first;
  while (!notes_.empty()) {
    const Note note = notes_.back();
    auto stopped = stop(note.output, note.key);
    if (stopped) continue;
    // An output that is gone has nothing that sounds.
    if (first) first = std::move(stopped);
    std::erase_if(notes_, [&](const Note& other) {
      return other.output == note.output && other.key == note.key;
    });
  }
  return first;
}

}  // namespace midi_tools
