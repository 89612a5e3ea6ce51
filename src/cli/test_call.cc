#include "cli/test_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "toml/problems.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

enum class Type : std::uint8_t { any, text, number, flag, list, table };

struct Member {
  std::string_view name;
  Type type = Type::any;
};

// What a call has, and its answer besides "error".
struct Call {
  std::string_view name;
  std::vector<Member> has;
  std::vector<Member> answers;
};

const std::vector<Call>& calls() {
  static const std::vector<Call> all = {
      {"http_request",
       {{"method", Type::text},
        {"url", Type::text},
        {"headers", Type::table},
        {"body", Type::any},
        {"json", Type::any}},
       {{"status", Type::number},
        {"headers", Type::table},
        {"body", Type::text},
        {"json", Type::any}}},
      {"ws_connect",
       {{"url", Type::text}, {"headers", Type::table}, {"protocols", Type::list}},
       {{"messages", Type::list}, {"close", Type::flag}}},
      {"ws_send",
       {{"text", Type::text}, {"json", Type::any}, {"bytes", Type::any}},
       {{"messages", Type::list}, {"close", Type::flag}}},
      {"exec",
       {{"argv", Type::list}, {"input", Type::any}},
       {{"status", Type::number},
        {"signal", Type::number},
        {"stdout", Type::text},
        {"stderr", Type::text},
        {"timed_out", Type::flag}}},
      {"midi_send", {{"port", Type::text}, {"bytes", Type::list}}, {}},
      {"key_send", {{"chord", Type::text}}, {}},
      {"text_send", {{"text", Type::text}}, {}},
      {"mouse_click", {{"button", Type::number}, {"count", Type::number}}, {}},
      {"mouse_move", {{"x", Type::number}, {"y", Type::number}, {"relative", Type::flag}}, {}},
      {"volume_get", {{"output", Type::text}}, {{"percent", Type::number}, {"muted", Type::flag}}},
      {"volume_set", {{"output", Type::text}, {"percent", Type::number}, {"mute", Type::text}}, {}},
      {"notify", {{"title", Type::text}, {"body", Type::text}, {"urgency", Type::text}}, {}},
      {"open_url", {{"url", Type::text}}, {}},
      {"clipboard_get", {}, {{"text", Type::text}}},
      {"clipboard_set", {{"text", Type::text}}, {}},
      {"app_list", {}, {{"apps", Type::list}}},
      {"app_focus", {{"name", Type::text}}, {}},
      {"app_launch", {{"id", Type::text}}, {}},
  };
  return all;
}

bool is_of(const json& value, Type type) {
  switch (type) {
    case Type::any:
      return true;
    case Type::text:
      return value.is_string();
    case Type::number:
      return value.is_number_integer();
    case Type::flag:
      return value.is_boolean();
    case Type::list:
      return value.is_array();
    case Type::table:
      return value.is_object();
  }
  return false;
}

std::string_view name_of(Type type) {
  constexpr std::string_view kNames[] = {"a value",       "a string", "a whole number",
                                         "true or false", "a list",   "a table"};
  return kNames[static_cast<std::size_t>(type)];
}

std::vector<std::string_view> names_of(std::span<const Member> members) {
  std::vector<std::string_view> names;
  for (const Member& member : members)
    names.push_back(member.name);
  return names;
}

// `what` is what has the members: "key_send", "the answer to key_send".
std::optional<std::string> flaw_of_members(const json& table, std::span<const Member> members,
                                           const std::string& what) {
  for (const auto& member : table.items()) {
    const auto known = std::find_if(members.begin(), members.end(),
                                    [&](const Member& one) { return one.name == member.key(); });
    if (known == members.end()) {
      return fmt::format("says that {} has {}, which it has not{}", what, in_quotes(member.key()),
                         hint(member.key(), names_of(members)));
    }
    if (!is_of(member.value(), known->type)) {
      return fmt::format("has a {} of {} that is not {}", in_quotes(member.key()), what,
                         name_of(known->type));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> flaw_of_call(const json& call) {
  const auto named = call.is_object() ? call.find("call") : call.end();
  if (!call.is_object() || named == call.end() || !named->is_string()) {
    return "holds tables with a \"call\", such as { call = \"key_send\", chord = \"ctrl+s\" }";
  }
  const auto& name = named->get_ref<const std::string&>();
  const auto known = std::find_if(calls().begin(), calls().end(),
                                  [&](const Call& one) { return one.name == name; });
  if (known == calls().end()) {
    std::vector<std::string_view> names;
    for (const Call& one : calls())
      names.push_back(one.name);
    return fmt::format("has no call {}{}", in_quotes(name), hint(name, names));
  }
  json rest = call;
  rest.erase("call");
  rest.erase("answer");
  if (auto flaw = flaw_of_members(rest, known->has, name)) return flaw;
  const auto answer = call.find("answer");
  if (answer == call.end()) return std::nullopt;
  const std::string what = "the answer to " + name;
  if (!answer->is_object()) return what + " is no table";
  std::vector<Member> members = known->answers;
  members.push_back({"error", Type::text});
  return flaw_of_members(*answer, members, what);
}

}  // namespace midimon::cli
