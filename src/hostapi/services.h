// The Services struct is what a host offers to the plugins that were granted it. What is null it
// does not offer: functions that need it answer `unavailable`.
#pragma once

namespace midimon {
class DesktopCaller;
class Runner;
class SystemCaller;
}  // namespace midimon

namespace midimon::net {
class Web;
}

namespace midimon::hostapi {

class SecretSource;
class StandIn;

// Owned by the runtime or by who made it; all of it is thread-safe and outlives every context.
struct Services {
  net::Web* web = nullptr;
  Runner* programs = nullptr;
  SecretSource* secrets = nullptr;   // of one plugin
  SystemCaller* system = nullptr;    // keys, text and the mouse
  DesktopCaller* desktop = nullptr;  // the rest of the desktop, and MIDI output
  StandIn* stand_in = nullptr;       // not null in a test: then `web` and `programs` are not asked
};

}  // namespace midimon::hostapi
