#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "note_name.h"

namespace practice_log {

struct Key {
  int tonic = 0;  // on the line of fifths
  bool minor = false;
  double correlation = 0;  // of the notes with the key's profile, -1 to 1

  [[nodiscard]] std::string name() const;  // "Eb major"
};

struct KeyGuess {
  Key best;
  Key second;  // often the relative key, or the dominant's
};

// Which key the notes are in, by the Krumhansl-Schmuckler method: of the 24 keys, the one whose
// profile correlates best with how often each pitch class was played. None for fewer than three
// pitch classes, which fit many keys.
std::optional<KeyGuess> guess_key(const std::array<std::int64_t, kNotes>& counts);

}  // namespace practice_log
