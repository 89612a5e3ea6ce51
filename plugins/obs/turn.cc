#include "turn.h"

#include <utility>

namespace obs {

using midimon::Json;
using midimon::Status;

Session& Turn::session() {
  static Session session;
  return session;
}

Names strings_of(const Json& list, std::string_view key) {
  Names names;
  for (const Json& item : list.items())
    names.emplace_back(key.empty() ? item.string() : item[key].string());
  return names;
}

Names scene_names(Turn& turn) {
  Names names = strings_of(turn.request("GetSceneList").data["scenes"], "sceneName");
  return {names.rbegin(), names.rend()};  // OBS counts from the bottom of what it shows
}

Names input_names(Turn& turn) {
  return strings_of(turn.request("GetInputList").data["inputs"], "inputName");
}

Names item_names(Turn& turn, const std::string& scene) {
  const Json of_scene = Json::object({{"sceneName", scene}});
  Reply reply = turn.request("GetSceneItemList", of_scene);
  if (!reply.ok()) reply = turn.request("GetGroupSceneItemList", of_scene);
  return strings_of(reply.data["sceneItems"], "sourceName");
}

Names filter_names(Turn& turn, const std::string& source) {
  return strings_of(
      turn.request("GetSourceFilterList", Json::object({{"sourceName", source}})).data["filters"],
      "filterName");
}

Status done(const Json& output) {
  if (const auto set = midimon::set_output(output); !set) {
    return midimon::failed("OBS did it, but said more than an output may have: 64 KiB.");
  }
  return midimon::ok();
}

Status failed(const Reply& reply) {
  return midimon::failed(reply.problem);
}

Status wrong(std::string sentence) {
  return midimon::failed(kWrongParams, std::move(sentence));
}

Status not_there(const Reply& reply, std::string_view what, const std::string& wanted,
                 const Names& names) {
  if (reply.code != Code::not_found) return failed(reply);
  return midimon::failed(no_such(what, wanted, names));
}

Switch switch_of(std::string_view word) {
  if (word == "toggle") return Switch::toggle;
  return word == "on" || word == "show" ? Switch::on : Switch::off;
}

}  // namespace obs
