#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/bounded_json.h"
#include "hostapi/desktop_errand.h"
#include "hostapi/rows.h"

namespace midimon::hostapi {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::size_t kMaxNoticeJson = 8192;
constexpr std::size_t kMaxNoticeTitle = 256;
constexpr std::size_t kMaxNoticeBody = 2048;

// A string of `object`, at most `max` bytes of it; empty where there is none. None: it is no
// string.
std::optional<std::string> member(const json& object, const char* key, std::size_t max) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (!found->is_string() || found->get_ref<const std::string&>().size() > max) return std::nullopt;
  return found->get<std::string>();
}

std::optional<Notification> parse_notification(std::string_view text) {
  const auto object = parse_bounded_json(text, 2);
  if (!object || !object->is_object()) return std::nullopt;
  for (const auto& [key, value] : object->items()) {
    if (key != "title" && key != "body" && key != "urgency") return std::nullopt;
  }
  const auto title = member(*object, "title", kMaxNoticeTitle);
  const auto body = member(*object, "body", kMaxNoticeBody);
  const auto urgency = member(*object, "urgency", 16);
  if (!title || title->empty() || !body || !urgency) return std::nullopt;
  Notification out;
  out.title = *title;
  out.body = *body;
  if (*urgency == "low") {
    out.urgency = Notification::Urgency::low;
  } else if (*urgency == "critical") {
    out.urgency = Notification::Urgency::critical;
  } else if (!urgency->empty() && *urgency != "normal") {
    return std::nullopt;
  }
  return out;
}

// notify(json, length): shows {"title", "body", "urgency": "low", "normal" or "critical"}.
Answer notify(Context& context, HostCall& call, std::uint32_t text, std::uint32_t length) {
  const auto given = read_text(call, text, length, kMaxNoticeJson);
  if (!given) return given.error();
  if (!may_control(context, "notify")) return Answer::not_granted;
  auto notice = parse_notification(*given);
  if (!notice) {
    return context.explain(Answer::invalid,
                           "A notification is {\"title\", \"body\", \"urgency\"}: a title of up to "
                           "256 bytes, a body of up to 2048, and low, normal or critical.");
  }
  notice->from = context.plugin();
  return ask_desktop(context, call, std::move(*notice)).answer;
}

// open_url(url, length): in the program that the user has chosen for such.
Answer open_url(Context& context, HostCall& call, std::uint32_t url, std::uint32_t length) {
  const auto text = read_text(call, url, length, kMaxUrlBytes);
  if (!text) return text.error();
  if (!may_control(context, "open-url")) return Answer::not_granted;
  if (!is_openable_url(*text)) {
    return context.explain(Answer::invalid,
                           "Only http, https and mailto can be opened, and what is not printable "
                           "ASCII, spaces, quotes, backslashes, < and > must be percent-encoded. "
                           "A mail can have to, cc, bcc, subject and body, and no files.");
  }
  if (!may_launch(context, "open-url")) return Answer::failed;
  return ask_desktop(context, call, OpenUrlRequest{std::string(*text)}).answer;
}

// clipboard_get(buffer, capacity, length*): its text; empty if it holds none.
Answer clipboard_get(Context& context, HostCall& call, std::uint32_t buffer, std::uint32_t capacity,
                     std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  if (!may_control(context, "clipboard-read")) return Answer::not_granted;
  const Asked asked = ask_desktop(context, call, ClipboardQuery{});
  return asked.value ? write_whole(call, out, asked.value->text) : asked.answer;
}

// clipboard_set(text, length).
Answer clipboard_set(Context& context, HostCall& call, std::uint32_t text, std::uint32_t length) {
  const auto given = read_text(call, text, length, kMaxClipboardBytes);
  if (!given) return given.error();
  if (!may_control(context, "clipboard-write")) return Answer::not_granted;
  return ask_desktop(context, call, ClipboardText{std::string(*given)}).answer;
}

// app_list(buffer, capacity, length*): [{"name", "title", "focused"}], a window each.
Answer app_list(Context& context, HostCall& call, std::uint32_t buffer, std::uint32_t capacity,
                std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  if (!may_control(context, "apps")) return Answer::not_granted;
  const Asked asked = ask_desktop(context, call, AppListQuery{});
  if (!asked.value) return asked.answer;
  json list = json::array();
  for (const AppWindow& window : asked.value->windows) {
    list.push_back({{"name", window.name}, {"title", window.title}, {"focused", window.focused}});
  }
  return write_whole(call, out, list.dump(-1, ' ', false, json::error_handler_t::replace));
}

// app_focus(name, length): gives a window of that program the keyboard.
Answer app_focus(Context& context, HostCall& call, std::uint32_t name, std::uint32_t length) {
  const auto text = read_text(call, name, length, kMaxName);
  if (!text) return text.error();
  if (!may_control(context, "apps")) return Answer::not_granted;
  if (text->empty()) return context.explain(Answer::invalid, "Say which program.");
  return ask_desktop(context, call, AppFocusRequest{std::string(*text)}).answer;
}

// app_launch(id, length): starts the installed application that its desktop file calls so.
Answer app_launch(Context& context, HostCall& call, std::uint32_t id, std::uint32_t length) {
  const auto text = read_text(call, id, length, kMaxName);
  if (!text) return text.error();
  if (!may_control(context, "launch")) return Answer::not_granted;
  if (!is_application_id(*text)) {
    return context.explain(Answer::invalid,
                           "An application's id is the name of its desktop file, such as "
                           "\"org.mozilla.firefox\", and neither a path nor an option.");
  }
  if (!may_launch(context, "launch")) return Answer::failed;
  return ask_desktop(context, call, AppLaunchRequest{std::string(*text)}).answer;
}

bool may_change_volume(Context& context) {
  return context.allows(grants::WordRule{CapabilityKind::audio, "volume"});
}

// volume_get(target, length, volume*): {percent, muted}, two u32, of the output of that name, or of
// the default one.
Answer volume_get(Context& context, HostCall& call, std::uint32_t target, std::uint32_t length,
                  std::uint32_t volume) {
  const auto name = read_text(call, target, length, kMaxName);
  if (!name) return name.error();
  struct {
    std::uint32_t percent, muted;
  } answer{};
  if (!call.memory.holds<decltype(answer)>(volume)) return Answer::bad_text;
  if (!may_change_volume(context)) return Answer::not_granted;
  const Asked asked = ask_desktop(context, call, VolumeQuery{std::string(*name)});
  if (!asked.value) return asked.answer;
  answer = {static_cast<std::uint32_t>(asked.value->percent), asked.value->muted ? 1U : 0U};
  call.memory.store(volume, answer);
  return Answer::ok;
}

// volume_set(target, length, percent, mute): 0 to 100, or -1 as it is; mute 0 off, 1 on, 2 as it
// is, 3 the other way round.
Answer volume_set(Context& context, HostCall& call, std::uint32_t target, std::uint32_t length,
                  std::int32_t percent, std::uint32_t mute) {
  const auto name = read_text(call, target, length, kMaxName);
  if (!name) return name.error();
  if (!may_change_volume(context)) return Answer::not_granted;
  if (percent < -1 || percent > 100 || mute > 3) {
    return context.explain(Answer::invalid,
                           "The volume is 0 to 100 or -1, and mute is 0, 1, 2 or 3.");
  }
  VolumeSetting setting;
  setting.target = *name;
  if (percent >= 0) setting.percent = percent;
  setting.mute = static_cast<VolumeSetting::Mute>(mute);
  return ask_desktop(context, call, std::move(setting)).answer;
}

constexpr wasm::HostFunction kRows[] = {
    host_function<notify>("notify"),
    host_function<open_url>("open_url"),
    host_function<clipboard_get>("clipboard_get"),
    host_function<clipboard_set>("clipboard_set"),
    host_function<app_list>("app_list"),
    host_function<app_focus>("app_focus"),
    host_function<app_launch>("app_launch"),
    host_function<volume_get>("volume_get"),
    host_function<volume_set>("volume_set"),
};

}  // namespace

Rows desktop_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
