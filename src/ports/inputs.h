// The Inputs class listens to controllers: it finds them by name, and again when they come back.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "ports/packet_ring.h"
#include "ports/rtmidi.h"

namespace midimon {

// Which ports are listened to.
struct InputChoice {
  // Parts of their names, in any case; "" is every port. None: only ours.
  std::vector<std::string> patterns;
  // In place of the names: the port that is so far down the list of those there are when it is
  // first looked for, from 0.
  std::optional<std::uint32_t> number{};
  bool reconnect = true;  // one that goes and comes back is listened to again
};

struct InputOptions {
  InputChoice choice{};
  std::optional<PortApi> api;        // the best that there is, if not given
  std::string own_name = "midimon";  // of the port that others can connect to
  Nanos look_again = std::chrono::milliseconds(500);
  std::function<void()> wake;  // something came in. On a real-time thread: it must not wait
};

// Whether a port of this name is meant.
[[nodiscard]] bool matches_port(std::string_view name, std::span<const std::string> patterns);

// One input: a port that sends to us, or our own.
class InputPort {
 public:
  explicit InputPort(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  // Of whoever takes what came in. It is one thread.
  [[nodiscard]] PacketRing& ring() { return ring_; }
  // Its port is gone: nothing comes in any more.
  [[nodiscard]] bool is_gone() const { return gone_.load(std::memory_order_acquire); }
  // Of whoever puts in what comes in.
  void set_gone() { gone_.store(true, std::memory_order_release); }

 private:
  std::string name_;
  PacketRing ring_;
  std::atomic<bool> gone_ = false;
};

// Thread-safe.
class Inputs {
 public:
  // Begins to look, on a thread of its own. `clock` outlives this.
  Inputs(InputOptions options, const Clock& clock);
  ~Inputs();
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  // Those that are there, and those that are gone and were not given here before as such. Cheap
  // while nothing changes: then `inputs`, which has what the last call gave, is left as it is, and
  // the answer is false.
  bool update(std::vector<std::shared_ptr<InputPort>>& inputs);

  // Listens to other ports from now on.
  void choose(InputChoice choice);
  // Waits until it has looked once more.
  void look_now();

  struct State {
    std::optional<PortApi> api;          // none: there is none
    std::vector<std::string> available;  // ports that send, ours left out
    std::vector<std::string> connected;
  };
  [[nodiscard]] State state() const;

 private:
  struct Open {
    RtInput port;
    std::shared_ptr<InputPort> input;
  };

  void work();
  void look();
  bool connect_own(PortApi api);
  void connect(const std::string& name);
  void drop_all();
  MidiReceiver receiver_of(const std::shared_ptr<InputPort>& input) const;

  const InputOptions options_;
  const Clock& clock_;

  // Of the thread that looks alone.
  std::optional<RtInput> own_;  // our port; also what lists the others
  std::map<std::string, Open, std::less<>> open_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  InputChoice choice_;
  std::uint64_t choices_ = 0;                // how often it was made anew
  std::optional<std::string> numbered_;      // the port that choice_.number has led to
  std::set<std::string, std::less<>> left_;  // ports that went and are not wanted again
  State state_;
  std::vector<std::shared_ptr<InputPort>> inputs_;
  std::atomic<std::uint64_t> generation_ = 1;  // of inputs_
  std::uint64_t taken_ = 0;                    // that update() gave last
  std::uint64_t looks_ = 0;                    // how often it has looked
  bool look_asked_ = false;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon
