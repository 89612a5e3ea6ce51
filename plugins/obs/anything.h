// The other actions: hotkeys, pictures of sources, and requests as obs-websocket has them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "midimon.hpp"

namespace obs {

struct Hotkey {
  std::optional<std::string> name;
  std::optional<std::string> keys;
  void fields(midimon::Fields& field);
};
midimon::Status hotkey(const Hotkey& params, const midimon::Call& call);

struct Screenshot {
  std::optional<std::string> source;
  std::string format = "jpg";
  std::optional<int> width;
  int quality = 80;
  void fields(midimon::Fields& field);
};
midimon::Status screenshot(const Screenshot& params, const midimon::Call& call);

struct Request {
  std::string type;
  midimon::Json data;
  void fields(midimon::Fields& field);
};
midimon::Status request(const Request& params, const midimon::Call& call);

struct Batch {
  std::vector<Request> requests;
  bool stop_at_failure = true;
  std::string run = "serial";
  void fields(midimon::Fields& field);
};
midimon::Status batch(const Batch& params, const midimon::Call& call);

midimon::Status status(const midimon::Call& call);

}  // namespace obs
