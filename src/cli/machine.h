// The Machine class is what this machine offers to plugins: its desktop and MIDI outputs.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/places.h"
#include "cli/console.h"
#include "cli/port_output.h"
#include "desktop/desktop.h"
#include "plugins/runtime.h"
#include "ports/outputs.h"

namespace midimon::cli {

// Made before the plugins of `runtime` are loaded, and gone after them.
class Machine {
 public:
  // `controllers` are parts of the names of the outputs that "" means.
  Machine(Runtime& runtime, std::vector<std::string> controllers)
      : outputs_({.api = {}, .own_name = "midimon", .controllers = std::move(controllers)},
                 clock_) {
    hostapi::Services& services = runtime.parts().services;
    services.system = &desktop_;
    services.desktop = &desktop_;
  }

  [[nodiscard]] Desktop& desktop() { return desktop_; }

 private:
  SystemClock clock_;
  ConsoleLog log_;
  Outputs outputs_;
  PortOutput midi_{outputs_};
  Desktop desktop_{clock_, process_environment(), log_, &midi_};
};

}  // namespace midimon::cli
