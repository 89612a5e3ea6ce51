// The InputDevice class presses keys and moves the pointer where somebody sits and sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "desktop/key_table.h"
#include "mapping/system_action.h"
#include "midimon/result.h"

namespace midimon {

// One thread owns it. What it does has reached whoever sees to it when a function returns. An error
// after which it is not alive() means that it is of no use any more.
class InputDevice {
 public:
  virtual ~InputDevice() = default;
  InputDevice(const InputDevice&) = delete;
  InputDevice& operator=(const InputDevice&) = delete;

  // What it is, in a few words.
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual bool alive() = 0;

  // A chord goes down, and stays down until release() was called as often.
  Result<void> press(const KeyChord& chord);
  // Nothing if it is not down.
  Result<void> release(const KeyChord& chord);
  // Any characters; line ends and tabs are their keys. Ends early once `stopped` says so.
  Result<void> type(std::u32string_view text, const std::function<bool()>& stopped);

  virtual Result<void> click(MouseButton button, int count) = 0;
  virtual Result<void> move(const MoveRequest& move) = 0;

 protected:
  InputDevice() = default;

  // The keyboard as it is now, until the next call.
  virtual Result<const KeyTable*> table() = 0;
  // Gives keys to as many of `symbols` as it can, from the first on, one at least; to a single one
  // so that Shift makes no difference. Those of earlier calls may lose theirs.
  virtual Result<void> bind(std::span<const std::uint32_t> symbols) = 0;
  // Whether a key has what it gives from bind().
  [[nodiscard]] virtual bool is_bound(KeyCode /*code*/) const { return false; }
  virtual void send_key(KeyCode code, bool down) = 0;
  // Waits until all that was sent has arrived.
  virtual Result<void> flush() = 0;

  [[nodiscard]] bool is_down(KeyCode code) const { return down_.contains(code); }
  // For the destructors of those who can still send.
  void release_all();

 private:
  Result<KeyTable::Place> place_of(const KeyChord& chord, std::span<const std::uint32_t> next);
  Result<std::vector<KeyCode>> codes_of(const KeyChord& chord, std::span<const std::uint32_t> next);
  void key_down(KeyCode code);
  void key_up(KeyCode code);

  std::map<KeyCode, int> down_;  // how often
  std::vector<std::pair<KeyChord, std::vector<KeyCode>>> pressed_;
};

}  // namespace midimon
