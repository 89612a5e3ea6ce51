#include "desktop/volume.h"

#include <fmt/format.h>
#include <pulse/pulseaudio.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/text.h"

namespace midimon {
namespace {

struct Sink {
  std::uint32_t index = 0;
  pa_cvolume volume{};
  bool muted = false;
};

pa_volume_t of_percent(double percent) {
  return static_cast<pa_volume_t>(std::lround(percent / 100 * PA_VOLUME_NORM));
}

// Where the loudest channel goes.
pa_volume_t goal(const VolumeRequest& request, pa_volume_t now) {
  const pa_volume_t amount = of_percent(request.percent);
  switch (request.operation) {
    case VolumeOperation::up:
      return std::max(now, std::min(now + amount, PA_VOLUME_NORM));
    case VolumeOperation::down:
      return now - std::min(now, amount);
    default:
      return std::min(amount, PA_VOLUME_NORM);
  }
}

Error no_answer() {
  return {ErrorCode::io,
          "the sound server did not answer within 2 s; `pactl info` shows whether it is well"};
}

}  // namespace

// A context of the library with the loop that serves it. The loop turns only while somebody waits.
class Volume::Connection {
 public:
  explicit Connection(const Clock& clock) : clock_(clock), loop_(pa_mainloop_new()) {
    context_ = pa_context_new(pa_mainloop_get_api(loop_), "midimon");
  }
  ~Connection() {
    pa_context_disconnect(context_);
    pa_context_unref(context_);
    pa_mainloop_free(loop_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> open();
  // Whether the server is still there.
  bool alive();

  // The one of that name; "" is the default one.
  Result<Sink> sink(const std::string& name);
  Result<void> set_volume(const Sink& sink, pa_volume_t volume);
  Result<void> set_mute(const Sink& sink, bool muted);
  Result<std::string> server_name();

 private:
  // Turns the loop until `condition` holds. False if kPatience is over, or the connection is.
  template <typename Condition>
  bool turn_until(const Condition& condition);
  // Waits for an operation that was asked for; its callback has written to `success`.
  Result<void> finish(pa_operation* operation, const bool& success);
  [[nodiscard]] Error error() const;

  const Clock& clock_;
  pa_mainloop* loop_;
  pa_context* context_;
};

Error Volume::Connection::error() const {
  return {ErrorCode::io, fmt::format("the sound server says: {}; `pactl info` shows whether it is "
                                     "well",
                                     pa_strerror(pa_context_errno(context_)))};
}

template <typename Condition>
bool Volume::Connection::turn_until(const Condition& condition) {
  const Nanos end = clock_.monotonic() + kPatience;
  while (!condition()) {
    const Nanos rest = end - clock_.monotonic();
    if (rest <= Nanos{} || !PA_CONTEXT_IS_GOOD(pa_context_get_state(context_))) return false;
    const auto us = std::chrono::ceil<std::chrono::microseconds>(rest);
    if (pa_mainloop_prepare(loop_, static_cast<int>(us.count())) < 0) return false;
    if (pa_mainloop_poll(loop_) < 0) return false;
    if (pa_mainloop_dispatch(loop_) < 0) return false;
  }
  return true;
}

Result<void> Volume::Connection::open() {
  const auto ready = [this] { return pa_context_get_state(context_) == PA_CONTEXT_READY; };
  const bool begun = pa_context_connect(context_, nullptr, PA_CONTEXT_NOAUTOSPAWN, nullptr) >= 0;
  if (begun && turn_until(ready)) return {};
  if (begun && PA_CONTEXT_IS_GOOD(pa_context_get_state(context_))) {
    return tl::unexpected(no_answer());
  }
  return fail(ErrorCode::unsupported,
              fmt::format("there is no sound server ({}); start PulseAudio or pipewire-pulse, or "
                          "name one in PULSE_SERVER",
                          pa_strerror(pa_context_errno(context_))));
}

bool Volume::Connection::alive() {
  while (pa_mainloop_iterate(loop_, 0, nullptr) > 0) {
  }
  return pa_context_get_state(context_) == PA_CONTEXT_READY;
}

Result<void> Volume::Connection::finish(pa_operation* operation, const bool& success) {
  if (operation == nullptr) return tl::unexpected(error());
  const bool over =
      turn_until([&] { return pa_operation_get_state(operation) != PA_OPERATION_RUNNING; });
  const bool alone = PA_CONTEXT_IS_GOOD(pa_context_get_state(context_));
  if (!over) pa_operation_cancel(operation);  // its callback writes to what is gone
  pa_operation_unref(operation);
  if (!over && alone) return tl::unexpected(no_answer());
  if (!success) return tl::unexpected(error());
  return {};
}

Result<Sink> Volume::Connection::sink(const std::string& name) {
  struct Answer {
    Sink sink;
    bool there = false;
  } answer;
  const auto take = [](pa_context*, const pa_sink_info* info, int, void* to) {
    if (info != nullptr)
      *static_cast<Answer*>(to) = {{info->index, info->volume, info->mute != 0}, true};
  };
  auto done = finish(pa_context_get_sink_info_by_name(
                         context_, name.empty() ? "@DEFAULT_SINK@" : name.c_str(), take, &answer),
                     answer.there);
  if (answer.there) return answer.sink;
  const int why = pa_context_errno(context_);
  // Invalid: what cannot be a name at all.
  if (why == PA_ERR_NOENTITY || (why == PA_ERR_INVALID && !name.empty())) {
    if (!name.empty()) {
      return fail(ErrorCode::not_found,
                  fmt::format("the sound server has no output \"{}\"; `pactl list short sinks` "
                              "shows those that it has",
                              escape_line(name)));
    }
    return fail(ErrorCode::not_found,
                "the sound server has no output; `pactl list short sinks` shows those that it has");
  }
  return tl::unexpected(done ? error() : done.error());
}

namespace {

void take_success(pa_context* /*context*/, int success, void* to) {
  *static_cast<bool*>(to) = success != 0;
}

}  // namespace

Result<void> Volume::Connection::set_volume(const Sink& sink, pa_volume_t volume) {
  pa_cvolume volumes = sink.volume;
  pa_cvolume_scale(&volumes, volume);  // keeps the balance
  bool success = false;
  return finish(
      pa_context_set_sink_volume_by_index(context_, sink.index, &volumes, take_success, &success),
      success);
}

Result<void> Volume::Connection::set_mute(const Sink& sink, bool muted) {
  bool success = false;
  return finish(pa_context_set_sink_mute_by_index(context_, sink.index, muted ? 1 : 0, take_success,
                                                  &success),
                success);
}

Result<std::string> Volume::Connection::server_name() {
  struct Answer {
    std::string name;
    bool there = false;
  } answer;
  const auto take = [](pa_context*, const pa_server_info* info, void* to) {
    if (info != nullptr) {
      *static_cast<Answer*>(to) = {fmt::format("{} {}", info->server_name, info->server_version),
                                   true};
    }
  };
  if (auto done = finish(pa_context_get_server_info(context_, take, &answer), answer.there); !done)
    return tl::unexpected(done.error());
  return answer.name;
}

Volume::Volume(const Clock& clock) : clock_(clock) {}
Volume::~Volume() = default;

Result<Volume::Connection*> Volume::connected() {
  if (connection_ && connection_->alive()) return connection_.get();
  connection_ = std::make_unique<Connection>(clock_);
  if (auto opened = connection_->open(); !opened) {
    connection_.reset();
    return tl::unexpected(opened.error());
  }
  return connection_.get();
}

Result<void> Volume::apply(const VolumeRequest& request) {
  const auto connection = connected();
  if (!connection) return tl::unexpected(connection.error());
  const auto sink = (*connection)->sink("");
  if (!sink) return tl::unexpected(sink.error());
  switch (request.operation) {
    case VolumeOperation::mute:
      return (*connection)->set_mute(*sink, true);
    case VolumeOperation::unmute:
      return (*connection)->set_mute(*sink, false);
    case VolumeOperation::toggle:
      return (*connection)->set_mute(*sink, !sink->muted);
    default:
      return (*connection)->set_volume(*sink, goal(request, pa_cvolume_max(&sink->volume)));
  }
}

Result<Volume::State> Volume::state(const std::string& output) {
  const auto connection = connected();
  if (!connection) return tl::unexpected(connection.error());
  const auto sink = (*connection)->sink(output);
  if (!sink) return tl::unexpected(sink.error());
  const double part = static_cast<double>(pa_cvolume_max(&sink->volume)) / PA_VOLUME_NORM;
  return State{static_cast<int>(std::lround(part * 100)), sink->muted};
}

Result<void> Volume::set(const VolumeSetting& setting) {
  const auto connection = connected();
  if (!connection) return tl::unexpected(connection.error());
  const auto sink = (*connection)->sink(setting.target);
  if (!sink) return tl::unexpected(sink.error());
  if (setting.percent) {
    const auto volume = std::min(of_percent(*setting.percent), PA_VOLUME_NORM);
    if (auto done = (*connection)->set_volume(*sink, volume); !done) return done;
  }
  switch (setting.mute) {
    case VolumeSetting::Mute::leave:
      return {};
    case VolumeSetting::Mute::toggle:
      return (*connection)->set_mute(*sink, !sink->muted);
    default:
      return (*connection)->set_mute(*sink, setting.mute == VolumeSetting::Mute::on);
  }
}

Result<std::string> Volume::server_name() {
  const auto connection = connected();
  if (!connection) return tl::unexpected(connection.error());
  return (*connection)->server_name();
}

}  // namespace midimon
