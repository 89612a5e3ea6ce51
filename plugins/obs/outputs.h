// Actions on what OBS makes of the scenes: recordings, streams, replays, the virtual camera.
#pragma once

#include <string>

#include "midimon.hpp"

namespace obs {

struct Record {
  std::string set = "toggle";
  void fields(midimon::Fields& field);
};
midimon::Status record(const Record& params, const midimon::Call& call);

// Of a stream or a virtual camera.
struct StartStop {
  std::string set = "toggle";
  void fields(midimon::Fields& field);
};
midimon::Status stream(const StartStop& params, const midimon::Call& call);
midimon::Status virtual_camera(const StartStop& params, const midimon::Call& call);

struct ReplayBuffer {
  std::string set = "save";
  void fields(midimon::Fields& field);
};
midimon::Status replay_buffer(const ReplayBuffer& params, const midimon::Call& call);

}  // namespace obs
