// The Recorder class writes a session down: as a recording, or its messages as a MIDI file.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "daemon/recording.h"
#include "midi/smf.h"
#include "midimon/result.h"

namespace midimon::cli {

// Whether a name says that it is a Standard MIDI File: it ends in .mid or .midi, in any case.
[[nodiscard]] bool is_midi_file(std::string_view path);

// A MIDI file as a recording of one input, without outcomes.
[[nodiscard]] Result<Recording> recording_of_midi(std::span<const std::uint8_t> bytes,
                                                  const std::string& path);

// What is recorded is in the file as it comes; a MIDI file is written by finish(). Not thread-safe.
class Recorder {
 public:
  // Errors: denied, the file is there and is not to be replaced; io.
  static Result<Recorder> create(const std::string& path, bool replace, const Recording& header);

  // An event as the daemon tells it.
  Result<void> add(std::string_view kind, const nlohmann::json& event);
  Result<void> finish();

  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t others() const { return others_; }

 private:
  Recorder(std::string path, UniqueFd fd, bool midi)
      : path_(std::move(path)), fd_(std::move(fd)), midi_(midi) {}
  Result<void> write(std::string_view bytes);
  void add_to_song(const nlohmann::json& event);

  std::string path_;
  UniqueFd fd_;
  bool midi_;
  Smf song_;
  Nanos began_{};
  std::uint64_t messages_ = 0;
  std::uint64_t others_ = 0;
};

}  // namespace midimon::cli
