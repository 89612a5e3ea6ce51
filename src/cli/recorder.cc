#include "cli/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/ascii.h"
#include "base/path_error.h"
#include "cli/daemon_client.h"
#include "midi/smf_writer.h"

namespace midimon::cli {

bool is_midi_file(std::string_view path) {
  const auto ends_in = [path](std::string_view end) {
    return path.size() >= end.size() &&
           std::equal(end.begin(), end.end(), path.end() - static_cast<std::ptrdiff_t>(end.size()),
                      [](char a, char b) { return a == to_lower(b); });
  };
  return ends_in(".mid") || ends_in(".midi");
}

Result<Recording> recording_of_midi(std::span<const std::uint8_t> bytes, const std::string& path) {
  auto song = parse_smf(bytes);
  if (!song) return fail(song.error().code, path + ": " + song.error().message);
  Recording recording;
  recording.inputs = {path};
  for (const SmfMessage& message : song->messages) {
    RecordedMessage event{path, message.message, {}};
    if (message.message.kind() == MessageKind::sysex) event.sysex = song->sysex[message.sysex];
    recording.events.push_back({message.at, std::move(event)});
  }
  recording.events.push_back({song->length, RecordedInput{path, false}});
  return recording;
}

Result<Recorder> Recorder::create(const std::string& path, bool replace, const Recording& header) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL);
  UniqueFd fd(::open(path.c_str(), flags, 0600));
  if (!fd.valid()) {
    if (errno == EEXIST) {
      return fail(ErrorCode::denied, path + " is there already; --force replaces it.");
    }
    return cannot("write", path, errno);
  }
  Recorder recorder(path, std::move(fd), is_midi_file(path));
  if (recorder.midi_) return recorder;
  if (auto written = recorder.write(recording_header(header) + "\n"); !written) {
    return tl::unexpected(written.error());
  }
  return recorder;
}

Result<void> Recorder::add(std::string_view kind, const nlohmann::json& event) {
  ++(kind == "message" ? messages_ : others_);
  if (!midi_) return write(event_json(kind, event) + "\n");
  if (kind == "message") add_to_song(event);
  return {};
}

void Recorder::add_to_song(const nlohmann::json& event) {
  auto message = read_message("", event.value("bytes", ""));
  if (!message) return;
  const Nanos at(event.value("at_ns", std::int64_t{0}));
  if (song_.messages.empty()) began_ = at;
  SmfMessage added;
  // Of several controllers what was noticed later may have come a moment earlier.
  added.at = std::max(at - began_, song_.length);
  added.message = message->message;
  if (message->message.kind() == MessageKind::sysex) {
    added.sysex = static_cast<std::uint32_t>(song_.sysex.size());
    song_.sysex.push_back(std::move(message->sysex));
  }
  song_.length = added.at;
  song_.messages.push_back(added);
}

Result<void> Recorder::finish() {
  if (!midi_) return {};
  song_.tracks = 1;
  const auto bytes = write_smf(song_);
  if (!bytes) return tl::unexpected(bytes.error());
  return write({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

Result<void> Recorder::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace midimon::cli
