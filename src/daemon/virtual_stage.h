// The VirtualStage class performs a profile in virtual time, with somebody who plays the part of
// plugins and of the system.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "daemon/performer.h"

namespace midimon {

// How a call ends, and after what time.
struct VirtualAnswer {
  PluginReport report;
  Nanos took{};
};

struct VirtualHooks {
  // Answer what the profile asks for.
  std::function<VirtualAnswer(const PluginCall&)> plugin;
  std::function<VirtualAnswer(const SystemRequest&)> system;
  // These are PerformerHooks', and may be empty.
  std::function<void(const ActionContext&, const std::string& what)> asks{};
  std::function<void(const Gesture&, std::span<const Mapping* const>)> found{};
  std::function<void(std::size_t mode)> mode_changed{};
  std::function<void(const ActionReport&)> report{};
};

// Its time begins at 0 and goes where it is told. Not thread-safe.
class VirtualStage final : private PluginCaller, private SystemCaller {
 public:
  // `facts` outlives this.
  VirtualStage(const std::shared_ptr<const Profile>& profile, const Facts& facts,
               VirtualHooks hooks);

  // Goes on to `end`, from one thing that is waited for to the next; where two come at once,
  // gestures are first. To the end of all that is waited for if it is Nanos::max().
  void run_until(Nanos end);
  [[nodiscard]] Nanos now() const { return now_; }
  // Told of every time that comes, before anything else of it.
  void on_time(std::function<void(Nanos)> told) { told_ = std::move(told); }

  // These happen now.
  void set_source(std::size_t source, std::optional<std::size_t> device) {
    performer_.set_source(source, device);
  }
  void feed(const Message& message, std::size_t source);
  void feed_sysex(std::span<const std::uint8_t> bytes, std::size_t source);
  void disconnect();
  void disconnect_source(std::size_t source);
  void set_mode(std::size_t mode) { performer_.set_mode(mode); }
  [[nodiscard]] const Mapper& mapper() const { return performer_.mapper(); }
  [[nodiscard]] std::size_t in_flight() const { return performer_.in_flight(); }

 private:
  void call(PluginCall call, std::function<void(PluginReport)> done) override;
  void call(SystemRequest request, std::stop_token stop,
            std::function<void(SystemReport)> done) override;
  void answer(VirtualAnswer answer, std::function<void(PluginReport)> done);
  void set_time(Nanos now);
  void end_calls();

  VirtualHooks hooks_;
  std::function<void(Nanos)> told_;
  Nanos now_{};
  std::multimap<Nanos, std::function<void()>> calls_;  // by when they end
  Performer performer_;                                // last: its hooks use everything above
};

}  // namespace midimon
