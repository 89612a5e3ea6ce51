// The Input class does keys, texts, clicks and moves in the order in which they were asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <variant>

#include "actions/system_caller.h"
#include "base/worker.h"
#include "desktop/held.h"
#include "desktop/input_device.h"

namespace midimon {

using InputRequest = std::variant<KeyRequest, TextRequest, MouseClick, MoveRequest>;

// Thread-safe; all happens on one thread of its own.
class Input {
 public:
  static constexpr std::size_t kMaxQueued = 256;
  using Open = std::function<Result<std::unique_ptr<InputDevice>>()>;
  using Done = std::function<void(SystemReport)>;

  // `open` is called on that thread: at the first request, and at the next one after the device
  // went away.
  explicit Input(Open open);

  // A key goes up whatever `stop` says, however many requests wait, and also when this goes.
  void call(InputRequest request, std::stop_token stop, const Done& done);

 private:
  // False if too many wait.
  bool post(InputRequest request, std::stop_token stop, const Done& done);
  SystemReport run(const InputRequest& request, const std::stop_token& stop);
  using Stopped = std::function<bool()>;
  Result<void> act(const KeyRequest& keys, const Stopped& stopped);
  Result<void> act(const TextRequest& text, const Stopped& stopped);
  Result<void> act(const MouseClick& click, const Stopped& stopped);
  Result<void> act(const MoveRequest& move, const Stopped& stopped);

  using Key = std::pair<std::uint8_t, std::uint32_t>;  // a chord: its modifiers, its symbol
  static Key key_of(const KeyRequest& keys);

  Open open_;
  std::mutex held_mutex_;  // also while one is posted, so that they count in their order
  Held<Key> held_;         // once all that waits is done
  std::unique_ptr<InputDevice> device_;  // the thread's own
  Worker worker_;                        // last: it uses everything above
};

}  // namespace midimon
