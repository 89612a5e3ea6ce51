#include "events/detector.h"

namespace midimon {

void Detector::feed(const Message& message, Nanos at, std::vector<Gesture>& out) {
  if (message.is_press()) {
    out.push_back({at, NotePressed{message.channel(), message.data1, message.data2}});
  } else if (message.is_release()) {
    out.push_back({at, NoteReleased{message.channel(), message.data1, message.data2}});
  } else if (message.kind() == MessageKind::control_change) {
    out.push_back({at, ControlChanged{message.channel(), message.data1, message.data2}});
  }
}

}  // namespace midimon
