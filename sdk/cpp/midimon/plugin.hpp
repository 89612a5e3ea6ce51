// The Plugin class is what a plugin says of itself, and finds the function of an action. A plugin
// declares it once:
//
//   midimon::Status greet(const Greeting& params, const midimon::Call& call);
//
//   void declare(midimon::Plugin& plugin) {
//     plugin.name("hello").version("1.0.0").description("Says hello");
//     plugin.needs("systemcontrol:notify", "to show the greeting");
//     plugin.action("greet", greet).label("Greet");
//   }
//   MIDIMON_PLUGIN(declare)
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "host.hpp"
#include "json.hpp"
#include "params.hpp"
#include "result.hpp"

namespace midimon {

// What calls an action.
struct Call {
  std::string action;
  Json params;
  std::optional<int> velocity;  // 0 to 127
  std::optional<int> mode;
  std::int64_t timestamp_ms = 0;  // since 1970
};

// The plugin's settings in the profile; what is not there, or wrong, is as T has it.
template <HasFields T>
T settings() {
  T values{};
  std::string problem;
  Fields::read(config(), values, problem);
  return values;
}

// An action while it is declared.
class Action {
 public:
  explicit Action(Json* json) : json_(json) {}
  Action& label(std::string_view text) { return say("label", text); }
  Action& description(std::string_view text) { return say("description", text); }
  // Profiles may give it no params.
  Action& no_params() {
    if (json_ != nullptr) {
      json_->set("params", Json::object({{"type", "object"}, {"additionalProperties", false}}));
    }
    return *this;
  }

 private:
  Action& say(std::string_view key, std::string_view text) {
    if (json_ != nullptr) json_->set(key, text);
    return *this;
  }
  Json* json_;  // null unless metadata is made
};

class Plugin {
 public:
  // Declared to make its metadata, or with `call` to find its action.
  explicit Plugin(const Call* call = nullptr) : call_(call) {}

  // The id: a to z, 0 to 9, with . _ - between them, at most 64 characters.
  Plugin& name(std::string_view text) { return say("name", text); }
  Plugin& version(std::string_view text) { return say("version", text); }
  Plugin& description(std::string_view text) { return say("description", text); }
  Plugin& author(std::string_view text) { return say("author", text); }
  Plugin& license(std::string_view text) { return say("license", text); }
  Plugin& homepage(std::string_view text) { return say("homepage", text); }

  // One instance keeps its memory and connections from call to call; otherwise each call starts
  // from a fresh one.
  Plugin& session() { return say("lifetime", "session"); }
  // It has events of its own: see MIDIMON_TRIGGER.
  Plugin& trigger() { return say("type", "trigger"); }

  // What the plugin asks for, "network" or narrower as in docs/permissions.md, and why, for people.
  Plugin& needs(std::string_view kind, std::string_view reason) { return needs(kind, {}, reason); }
  Plugin& needs(std::string_view kind, std::initializer_list<std::string_view> allow,
                std::string_view reason) {
    if (call_ != nullptr) return *this;
    // "audio:volume" is "audio", narrowed to "volume".
    const std::size_t colon = kind.find(':');
    Json json = Json::object({{"kind", kind.substr(0, colon)}, {"reason", reason}});
    Json list = Json::array();
    if (colon != kind.npos) list.push_back(kind.substr(colon + 1));
    for (const std::string_view entry : allow)
      list.push_back(entry);
    if (!list.empty()) json.set("allow", std::move(list));
    capabilities_.push_back(std::move(json));
    return *this;
  }

  // What its user can set in the profile; settings<T>() reads it.
  template <HasFields T>
  Plugin& settings() {
    if (call_ == nullptr) metadata_.set("settings", Fields::schema_of<T>());
    return *this;
  }

  // How its user lets it act for them at a service, by `midimon plugin login`: OAuth 2.0 with PKCE,
  // at hosts that it needs. The tokens are its secrets: access_token, refresh_token, expires_at (in
  // seconds since 1970) and the client_id they are for, which the user sets as `client_id_setting`.
  Plugin& login(std::string_view authorize_url, std::string_view token_url,
                std::initializer_list<std::string_view> scopes,
                std::string_view client_id_setting) {
    if (call_ != nullptr) return *this;
    Json list = Json::array();
    for (const std::string_view scope : scopes)
      list.push_back(scope);
    metadata_.set("login", Json::object({{"kind", "oauth2-pkce"},
                                         {"authorize_url", authorize_url},
                                         {"token_url", token_url},
                                         {"scopes", std::move(list)},
                                         {"client_id_setting", client_id_setting}}));
    return *this;
  }

  // An action and what does it: with params as a struct, or as the call has them, unchecked.
  Action action(std::string_view id, Status (*run)(const Call&)) {
    if (call_ != nullptr) {
      if (matches(id)) status_ = run(*call_);
      return Action(nullptr);
    }
    return add(id, Json());
  }
  template <HasFields T>
  Action action(std::string_view id, Status (*run)(const T&, const Call&)) {
    if (call_ != nullptr) {
      if (matches(id)) status_ = with_params(run);
      return Action(nullptr);
    }
    return add(id, Fields::schema_of<T>());
  }

  [[nodiscard]] std::string metadata() && {
    if (!capabilities_.empty()) metadata_.set("capabilities", std::move(capabilities_));
    metadata_.set("actions", std::move(actions_));
    return metadata_.dump();
  }
  // How the call went; an action that was not declared is an error.
  [[nodiscard]] Status status() const {
    if (status_) return *status_;
    return failed("The plugin has no action \"" + call_->action + "\".");
  }

 private:
  Plugin& say(std::string_view key, std::string_view text) {
    if (call_ == nullptr) metadata_.set(key, text);
    return *this;
  }
  [[nodiscard]] bool matches(std::string_view id) const { return !status_ && call_->action == id; }

  Action add(std::string_view id, Json params) {
    Json json = Json::object({{"id", id}});
    if (!params.is_null()) json.set("params", std::move(params));
    actions_.push_back(std::move(json));
    return Action(actions_.last());
  }

  template <typename T>
  Status with_params(Status (*run)(const T&, const Call&)) {
    T params{};
    std::string problem;
    const Json& given = call_->params;
    if (!Fields::read(given.is_null() ? Json::object() : given, params, problem)) {
      return {MIDIMON_BAD_JSON, "The params are wrong. " + problem};
    }
    return run(params, *call_);
  }

  const Call* call_;
  std::optional<Status> status_;
  Json metadata_ = Json::object();
  Json capabilities_ = Json::array();
  Json actions_ = Json::array();
};

// What a trigger plugin has to tell, as `midimon simulate` has it: "press C2 100". Notes are
// numbers from 0 to 127, channels 1 to 16.
class Events {
 public:
  Events& press(int note, int velocity = 100, int channel = 1) {
    return add({"press", note, velocity}, channel);
  }
  Events& release(int note, int channel = 1) { return add({"release", note}, channel); }
  Events& cc(int number, int value, int channel = 1) { return add({"cc", number, value}, channel); }
  Events& program(int number, int channel = 1) { return add({"program", number}, channel); }
  // In words.
  Events& event(std::string_view words) {
    events_.push_back(words);
    return *this;
  }
  // When to be asked again, in milliseconds.
  Events& next(std::uint32_t milliseconds) {
    next_ms_ = milliseconds;
    return *this;
  }

  [[nodiscard]] std::string dump() && {
    Json json = Json::object({{"events", std::move(events_)}});
    if (next_ms_) json.set("next_ms", *next_ms_);
    return json.dump();
  }
  [[nodiscard]] bool nothing() const { return events_.empty() && !next_ms_; }

 private:
  Events& add(std::initializer_list<Json> words, int channel) {
    std::string text;
    for (const Json& word : words) {
      if (!text.empty()) text += ' ';
      text += word.is_string() ? std::string(word.string()) : word.dump();
    }
    if (channel != 1) text += " channel " + Json(channel).dump();
    return event(text);
  }

  Json events_ = Json::array();
  std::optional<std::uint32_t> next_ms_;
};

namespace detail {

inline std::int64_t kept(std::string& place, std::string text) {
  place = std::move(text);
  return static_cast<std::int64_t>(
      static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(place.data())) << 32 |
      place.size());
}

inline std::optional<int> small(const Json& json) {
  if (!json.is_integer()) return std::nullopt;
  return static_cast<int>(json.integer());
}

inline std::int32_t execute(void (*declare)(Plugin&), const char* request, std::uint32_t length) {
  const std::uint64_t end = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(request));
  if (end + length > std::uint64_t{__builtin_wasm_memory_size(0)} * 65536) {
    return MIDIMON_BAD_MEMORY;
  }
  const std::string_view text(request, length);
  std::optional<Json> json = Json::parse(text);
  if (!json) return is_utf8(text) ? MIDIMON_BAD_JSON : MIDIMON_BAD_MEMORY;
  if (!(*json)["action"].is_string()) return MIDIMON_BAD_JSON;
  const Json& context = (*json)["context"];
  const Call call{std::string((*json)["action"].string()), (*json)["params"],
                  small(context["velocity"]), small(context["current_mode"]),
                  context["timestamp"].integer()};
  Plugin plugin(&call);
  declare(plugin);
  const Status status = plugin.status();
  if (!status) midimon_host_set_error(status.error().data(), size32(status.error()));
  return status.code();
}

}  // namespace detail
}  // namespace midimon

// Exports what the host calls; once in a plugin, at file scope. `declare` is void(midimon::Plugin&)
// and runs for the metadata and for each call.
#define MIDIMON_PLUGIN(declare)                                                     \
  extern "C" {                                                                      \
  MIDIMON_EXPORT("init") std::int64_t midimon_abi_init() {                          \
    static std::string metadata;                                                    \
    ::midimon::Plugin plugin;                                                       \
    declare(plugin);                                                                \
    return ::midimon::detail::kept(metadata, std::move(plugin).metadata());         \
  }                                                                                 \
  MIDIMON_EXPORT("alloc") void* midimon_abi_alloc(std::uint32_t size) {             \
    return std::malloc(size);                                                       \
  }                                                                                 \
  MIDIMON_EXPORT("dealloc") void midimon_abi_dealloc(void* memory, std::uint32_t) { \
    std::free(memory);                                                              \
  }                                                                                 \
  MIDIMON_EXPORT("execute")                                                         \
  std::int32_t midimon_abi_execute(const char* request, std::uint32_t length) {     \
    return ::midimon::detail::execute(declare, request, length);                    \
  }                                                                                 \
  }

// Exports `poll`, which the host asks again and again for events: midimon::Events poll(). For a
// plugin that declares itself a trigger().
#define MIDIMON_TRIGGER(poll)                                         \
  extern "C" MIDIMON_EXPORT("poll") std::int64_t midimon_abi_poll() { \
    static std::string events;                                        \
    ::midimon::Events found = poll();                                 \
    if (found.nothing()) return 0;                                    \
    return ::midimon::detail::kept(events, std::move(found).dump());  \
  }
