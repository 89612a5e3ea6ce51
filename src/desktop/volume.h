// The Volume class turns the sound up and down: that of the default sink of PulseAudio, which
// PipeWire speaks, too.
#pragma once

#include <memory>
#include <string>

#include "actions/desktop_caller.h"
#include "base/clock.h"
#include "mapping/system_action.h"
#include "midimon/outcome.h"
#include "midimon/result.h"

namespace midimon {

// One thread owns it.
class Volume {
 public:
  // How long the server has for one request.
  static constexpr Nanos kPatience = std::chrono::seconds(2);

  // `clock` outlives it.
  explicit Volume(const Clock& clock);
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  // Connects first where that is not done, or the server went away. "up" goes to 100 % at most and
  // never down.
  Result<void> apply(const VolumeRequest& request);
  struct State {
    int percent = 0;  // of the loudest channel
    bool muted = false;
  };
  // Of the output of that name, or of the default one if it is empty.
  Result<State> state(const std::string& output);
  Result<void> set(const VolumeSetting& setting);
  // What the server calls itself.
  Result<std::string> server_name();

 private:
  class Connection;
  Result<Connection*> connected();

  const Clock& clock_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace midimon
