#include "desktop/desktop_asks.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>
#include <variant>

#include "desktop/desktop_entry.h"
#include "desktop/programs.h"

namespace midimon {
namespace {

constexpr auto kNothing = [] {};

Result<DesktopAnswer> done_or(const Result<void>& result) {
  if (result) return DesktopAnswer();
  return tl::unexpected(result.error());
}

Error no_midi() {
  return {ErrorCode::unsupported, "no MIDI output is open"};
}

}  // namespace

DesktopAsks::DesktopAsks(const Clock& clock, const Environment& environment, Processes& processes,
                         MidiOutput* midi)
    : environment_(environment),
      processes_(processes),
      midi_(midi),
      volume_(clock),
      notifier_(environment),
      volume_worker_(kMaxQueued, kNothing),
      notice_worker_(kMaxQueued, kNothing),
      windows_worker_(kMaxQueued, kNothing),
      clipboard_worker_(kMaxQueued, kNothing),
      midi_worker_(kMaxQueued, kNothing),
      launch_worker_(kMaxQueued, kNothing) {}

void DesktopAsks::post(Worker& worker, std::stop_token stop, const Done& done,
                       std::function<void()> work) {
  const bool queued =
      worker.post([stop = std::move(stop), done, work = std::move(work)](bool closing) {
        if (closing || stop.stop_requested()) {
          done(fail(ErrorCode::busy, "cancelled before it was done"));
        } else {
          work();
        }
      });
  if (!queued) done(fail(ErrorCode::busy, fmt::format("{} requests already wait", kMaxQueued)));
}

void DesktopAsks::ask(DesktopRequest request, std::stop_token stop, Done done) {
  std::visit(
      [&](auto& one) {
        using Request = std::remove_cvref_t<decltype(one)>;
        if constexpr (std::is_same_v<Request, OpenUrlRequest>) {
          if (!is_openable_url(one.url)) {
            return done(fail(ErrorCode::invalid, "that is no URL that may be opened"));
          }
          processes_.launch(
              {{"xdg-open", std::move(one.url)}}, Processes::Launcher::plugins,
              [done](const SystemReport& report) {
                if (report.outcome == Outcome::ok) return done(Answer());
                if (report.outcome == Outcome::denied) {
                  return done(fail(ErrorCode::busy, report.message));
                }
                done(fail(ErrorCode::unsupported, report.message + "; Debian's xdg-utils has it"));
              });
        } else if constexpr (std::is_same_v<Request, AppLaunchRequest>) {
          post(launch_worker_, std::move(stop), done,
               [this, done, one = std::move(one)] { launch(one, done); });
        } else {
          constexpr bool kIsVolume =
              std::is_same_v<Request, VolumeQuery> || std::is_same_v<Request, VolumeSetting>;
          constexpr bool kIsClipboard =
              std::is_same_v<Request, ClipboardQuery> || std::is_same_v<Request, ClipboardText>;
          constexpr bool kIsMidi =
              std::is_same_v<Request, MidiOutputsQuery> || std::is_same_v<Request, MidiSending>;
          constexpr bool kIsNotice = std::is_same_v<Request, Notification>;
          Worker& worker = kIsVolume      ? volume_worker_
                           : kIsClipboard ? clipboard_worker_
                           : kIsMidi      ? midi_worker_
                           : kIsNotice    ? notice_worker_
                                          : windows_worker_;
          post(worker, std::move(stop), done,
               [this, done, one = std::move(one)] { done(answer(one)); });
        }
      },
      request);
}

void DesktopAsks::launch(const AppLaunchRequest& request, const Done& done) {
  if (!is_application_id(request.id)) {
    return done(fail(ErrorCode::invalid, "that is no application's id"));
  }
  auto found = find_application(request.id, environment_);
  if (!found) return done(tl::unexpected(found.error()));
  processes_.launch(
      std::move(*found), Processes::Launcher::plugins, [done](const SystemReport& report) {
        done(report.outcome == Outcome::ok ? Answer() : fail(ErrorCode::io, report.message));
      });
}

Result<DesktopAnswer> DesktopAsks::answer(const VolumeQuery& query) {
  const auto state = volume_.state(query.target);
  if (!state) return tl::unexpected(state.error());
  DesktopAnswer out;
  out.percent = state->percent;
  out.muted = state->muted;
  return out;
}

Result<DesktopAnswer> DesktopAsks::answer(const VolumeSetting& setting) {
  return done_or(volume_.set(setting));
}

Result<DesktopAnswer> DesktopAsks::answer(const Notification& notification) {
  return done_or(notifier_.show(notification));
}

Result<Clipboard*> DesktopAsks::clipboard() {
  if (clipboard_ && !clipboard_->alive()) clipboard_.reset();
  if (!clipboard_) {
    auto opened = open_clipboard(environment_);
    if (!opened) return tl::unexpected(opened.error());
    clipboard_ = std::move(*opened);
  }
  return clipboard_.get();
}

Result<DesktopAnswer> DesktopAsks::answer(const ClipboardQuery& /*query*/) {
  const auto opened = clipboard();
  if (!opened) return tl::unexpected(opened.error());
  auto text = (*opened)->get();
  if (!text) return tl::unexpected(text.error());
  DesktopAnswer out;
  out.text = std::move(*text);
  return out;
}

Result<DesktopAnswer> DesktopAsks::answer(const ClipboardText& text) {
  const auto opened = clipboard();
  if (!opened) return tl::unexpected(opened.error());
  return done_or((*opened)->set(text.text));
}

// Those that are open, if they are still there.
Result<Windows*> DesktopAsks::windows() {
  if (windows_ && !windows_->take_events()) windows_.reset();
  if (!windows_) {
    auto opened = open_windows(environment_);
    if (!opened) return tl::unexpected(opened.error());
    windows_ = std::move(*opened);
  }
  return windows_.get();
}

Result<DesktopAnswer> DesktopAsks::answer(const AppListQuery& /*query*/) {
  const auto opened = windows();
  if (!opened) return tl::unexpected(opened.error());
  auto all = (*opened)->list();
  if (!all) return tl::unexpected(all.error());
  DesktopAnswer out;
  for (Window& window : *all)
    out.windows.push_back({std::move(window.name), std::move(window.title), window.focused});
  return out;
}

Result<DesktopAnswer> DesktopAsks::answer(const AppFocusRequest& request) {
  const auto opened = windows();
  if (!opened) return tl::unexpected(opened.error());
  const auto all = (*opened)->list();
  if (!all) return tl::unexpected(all.error());
  const std::string name = folded_name(request.name);
  for (const Window& window : *all) {
    if (is_called(window, name)) return done_or((*opened)->focus(window.id));
  }
  return fail(ErrorCode::not_found, "no window is of a program of that name");
}

Result<DesktopAnswer> DesktopAsks::answer(const MidiOutputsQuery& query) {
  if (midi_ == nullptr) return tl::unexpected(no_midi());
  auto names = midi_->names_of(query.port);
  if (!names) return tl::unexpected(names.error());
  DesktopAnswer out;
  out.names = std::move(*names);
  return out;
}

Result<DesktopAnswer> DesktopAsks::answer(const MidiSending& sending) {
  if (midi_ == nullptr) return tl::unexpected(no_midi());
  return done_or(midi_->send_to(sending.outputs, sending.messages));
}

}  // namespace midimon
