#include "scenes.h"

#include "turn.h"

namespace obs {

using midimon::Call;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

namespace {

constexpr std::size_t kMaxName = 1024;
constexpr int kMaxDurationMs = 20'000;  // OBS's own

void transition_fields(Fields& field, std::optional<std::string>& transition,
                       std::optional<int>& duration_ms) {
  field("transition", transition)
      .describe("The transition to use from now on, as OBS lists it; the current one without it")
      .length(1, kMaxName);
  field("duration_ms", duration_ms)
      .describe("How long transitions take from now on")
      .range(50, kMaxDurationMs);
}

// Sets what transitions are like; a failure, or ok.
Status set_transition(Turn& turn, const std::optional<std::string>& name,
                      const std::optional<int>& duration_ms) {
  if (name) {
    const Reply reply =
        turn.request("SetCurrentSceneTransition", Json::object({{"transitionName", *name}}));
    if (!reply.ok()) {
      return not_there(
          reply, "transition", *name,
          strings_of(turn.request("GetSceneTransitionList").data["transitions"], "transitionName"));
    }
  }
  if (duration_ms) {
    const Reply reply = turn.request("SetCurrentSceneTransitionDuration",
                                     Json::object({{"transitionDuration", *duration_ms}}));
    if (!reply.ok()) return failed(reply);
  }
  return midimon::ok();
}

// Where a source is that no scene was named for: in the one that is on air.
Reply scene_of(Turn& turn, const std::optional<std::string>& named) {
  if (named) return {Code::success, Json(*named), {}};
  if (auto problem = Turn::session().connect()) return {Code::none, {}, std::move(*problem)};
  return {Code::success, Json(turn.studio().scene()), {}};
}

// Why there is no item of that name in that scene, or group.
Status no_item(Turn& turn, const Reply& reply, const std::string& source,
               const std::string& scene) {
  if (reply.code != Code::not_found) return failed(reply);
  const Names items = item_names(turn, scene);
  if (items.empty()) {
    const Names scenes = scene_names(turn);
    bool there = false;
    for (const std::string& name : scenes)
      there = there || name == scene;
    if (!there) return midimon::failed(no_such("scene", scene, scenes));
  }
  return not_there(reply, "source in the scene " + quoted(scene) + " called", source, items);
}

}  // namespace

void SwitchScene::fields(Fields& field) {
  field("scene", scene).describe("The scene to put on air").required().length(1, kMaxName);
  transition_fields(field, transition, duration_ms);
}

Status switch_scene(const SwitchScene& params, const Call& /*call*/) {
  Turn turn;
  if (Status set = set_transition(turn, params.transition, params.duration_ms); !set) return set;
  const Json scene = Json::object({{"sceneName", params.scene}});
  const Reply reply = turn.request("SetCurrentProgramScene", scene);
  if (!reply.ok()) return not_there(reply, "scene", params.scene, scene_names(turn));
  Turn::session().learn("CurrentProgramSceneChanged", scene);
  return done(Json::object({{"scene", params.scene}}));
}

void PreviewScene::fields(Fields& field) {
  field("scene", scene)
      .describe("The scene to put into the preview of studio mode")
      .required()
      .length(1, kMaxName);
}

Status preview_scene(const PreviewScene& params, const Call& /*call*/) {
  Turn turn;
  const Reply reply =
      turn.request("SetCurrentPreviewScene", Json::object({{"sceneName", params.scene}}));
  if (!reply.ok()) return not_there(reply, "scene", params.scene, scene_names(turn));
  return done(Json::object({{"preview", params.scene}}));
}

void StudioMode::fields(Fields& field) {
  field("set", set).describe("What to do with studio mode").choices({"on", "off", "toggle"});
}

Status studio_mode(const StudioMode& params, const Call& /*call*/) {
  Turn turn;
  if (auto problem = Turn::session().connect()) return midimon::failed(std::move(*problem));
  const Switch wanted = switch_of(params.set);
  const bool on = wanted == Switch::toggle ? !turn.studio().studio_mode() : wanted == Switch::on;
  const Json state = Json::object({{"studioModeEnabled", on}});
  const Reply reply = turn.request("SetStudioModeEnabled", state);
  if (!reply.ok()) return failed(reply);
  Turn::session().learn("StudioModeStateChanged", state);
  return done(Json::object({{"studio_mode", on}}));
}

void Transition::fields(Fields& field) {
  transition_fields(field, transition, duration_ms);
}

Status transition(const Transition& params, const Call& /*call*/) {
  Turn turn;
  if (Status set = set_transition(turn, params.transition, params.duration_ms); !set) return set;
  const Reply reply = turn.request("TriggerStudioModeTransition");
  return reply.ok() ? done(Json::object({{"transition", true}})) : failed(reply);
}

void ShowSource::fields(Fields& field) {
  field("source", source).describe("The source to show or hide").required().length(1, kMaxName);
  field("scene", scene)
      .describe("The scene or group that it is in; the scene on air without it")
      .length(1, kMaxName);
  field("set", set).describe("What to do with it").choices({"show", "hide", "toggle"});
}

Status show_source(const ShowSource& params, const Call& /*call*/) {
  Turn turn;
  const Reply where = scene_of(turn, params.scene);
  if (!where.ok()) return failed(where);
  const std::string scene(where.data.string());
  const Reply found = turn.request(
      "GetSceneItemId", Json::object({{"sceneName", scene}, {"sourceName", params.source}}));
  if (!found.ok()) return no_item(turn, found, params.source, scene);
  Json item = Json::object({{"sceneName", scene}, {"sceneItemId", found.data["sceneItemId"]}});
  const Switch wanted = switch_of(params.set);
  bool show = wanted == Switch::on;
  if (wanted == Switch::toggle) {
    const Reply now = turn.request("GetSceneItemEnabled", item);
    if (!now.ok()) return failed(now);
    show = !now.data["sceneItemEnabled"].boolean();
  }
  item.set("sceneItemEnabled", show);
  const Reply reply = turn.request("SetSceneItemEnabled", item);
  if (!reply.ok()) return failed(reply);
  return done(Json::object({{"source", params.source}, {"scene", scene}, {"shown", show}}));
}

void ByName::fields(Fields& field) {
  field("name", name).describe("Its name, as OBS lists it").required().length(1, kMaxName);
}

Status scene_collection(const ByName& params, const Call& /*call*/) {
  Turn turn;
  const Reply reply = turn.request("SetCurrentSceneCollection",
                                   Json::object({{"sceneCollectionName", params.name}}));
  if (!reply.ok()) {
    return not_there(reply, "scene collection", params.name,
                     strings_of(turn.request("GetSceneCollectionList").data["sceneCollections"]));
  }
  Turn::session().learn("CurrentSceneCollectionChanged", Json());
  return done(Json::object({{"scene_collection", params.name}}));
}

Status obs_profile(const ByName& params, const Call& /*call*/) {
  Turn turn;
  const Reply reply =
      turn.request("SetCurrentProfile", Json::object({{"profileName", params.name}}));
  if (!reply.ok()) {
    return not_there(reply, "profile", params.name,
                     strings_of(turn.request("GetProfileList").data["profiles"]));
  }
  return done(Json::object({{"profile", params.name}}));
}

}  // namespace obs
