// The Services struct is what a host offers to the plugins that were granted it. What is null it
// does not offer: functions that need it answer `unavailable`.
#pragma once

namespace midimon {
class Runner;
}

namespace midimon::net {
class Web;
}

namespace midimon::hostapi {

class SecretSource;

// Owned by the runtime or by who made it; all of it is thread-safe and outlives every context.
struct Services {
  net::Web* web = nullptr;
  Runner* programs = nullptr;
  SecretSource* secrets = nullptr;
};

}  // namespace midimon::hostapi
