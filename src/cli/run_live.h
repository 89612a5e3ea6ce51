// midimon run without a file: plays what controllers send, until it is told to stop.
#pragma once

#include <string>

#include "mapping/profile.h"

namespace midimon::cli {

struct LiveOptions {
  std::string profile;  // its path, to be read again
  std::string port;     // part of a port's name, in place of the profile's [device]
  std::string api;      // "alsa", "jack"; empty: the best that there is
  bool safe = false;    // without plugins
  bool watch = true;    // reads the profile again when the file changes
  bool unsigned_allowed = false;
  bool json = false;
};

// Answers the exit status.
int run_live(const LiveOptions& options, Profile profile);

}  // namespace midimon::cli
