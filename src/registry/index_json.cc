// The text of index.json: read strictly, and written.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "midimon/plugin_id.h"
#include "package/archive.h"
#include "registry/index.h"

namespace midimon::registry {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 8;

// Nothing if `text` is no JSON, or is nested deeper than kMaxDepth, or if an object has a key
// twice, of which each reader would take another one.
std::optional<json> parse_strictly(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  bool good = true;
  const auto watch = [&](int depth, json::parse_event_t event, const json& value) {
    good = good && depth <= kMaxDepth;
    if (!good) return false;
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key) {
      good = keys.back().insert(value.get<std::string>()).second;
    }
    return good;
  };
  json value = json::parse(text, watch, /*allow_exceptions=*/false);
  if (!good || value.is_discarded()) return std::nullopt;
  return value;
}

// Reads values by their place in the file, "plugins[2].id", and keeps the first that is wrong.
// After that what it answers means nothing.
class Reader {
 public:
  Index read(const json& root);
  // Empty: nothing is wrong.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void refuse(const std::string& place, std::string_view why) {
    if (problem_.empty()) problem_ = fmt::format("{} {}", place, why);
  }
  // Null, and refused, if it is not there or not of the type.
  const json* member(const json& object, const char* key, const std::string& place,
                     json::value_t type, std::string_view expected);
  std::string text(const json& object, const char* key, const std::string& place,
                   std::size_t max_bytes);
  std::string optional_text(const json& object, const char* key, const std::string& place,
                            std::size_t max_bytes);
  std::uint64_t number(const json& object, const char* key, const std::string& place,
                       std::uint64_t max);
  const json& list(const json& object, const char* key, const std::string& place,
                   std::size_t max_count);
  Plugin plugin(const json& source, const std::string& place);
  Release release(const json& source, const std::string& place);

  const json nothing_ = json::array();
  std::string problem_;
};

const json* Reader::member(const json& object, const char* key, const std::string& place,
                           json::value_t type, std::string_view expected) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (found != object.end() && found->type() == type) return &*found;
  refuse(place + key, expected);
  return nullptr;
}

std::string Reader::text(const json& object, const char* key, const std::string& place,
                         std::size_t max_bytes) {
  const std::string expected = fmt::format("must be 1 to {} bytes of text on one line", max_bytes);
  const json* value = member(object, key, place, json::value_t::string, expected);
  if (value == nullptr) return {};
  auto text = value->get<std::string>();
  if (text.empty() || text.size() > max_bytes || !is_showable(text)) refuse(place + key, expected);
  return text;
}

std::string Reader::optional_text(const json& object, const char* key, const std::string& place,
                                  std::size_t max_bytes) {
  return object.is_object() && object.contains(key) ? text(object, key, place, max_bytes) : "";
}

std::uint64_t Reader::number(const json& object, const char* key, const std::string& place,
                             std::uint64_t max) {
  const std::string expected = fmt::format("must be a whole number from 1 to {}", max);
  const json* value = member(object, key, place, json::value_t::number_unsigned, expected);
  const std::uint64_t number = value == nullptr ? 0 : value->get<std::uint64_t>();
  if (number == 0 || number > max) refuse(place + key, expected);
  return number;
}

const json& Reader::list(const json& object, const char* key, const std::string& place,
                         std::size_t max_count) {
  const std::string expected = fmt::format("must be a list of at most {}", max_count);
  const json* value = member(object, key, place, json::value_t::array, expected);
  if (value == nullptr) return nothing_;
  if (value->size() <= max_count) return *value;
  refuse(place + key, expected);
  return nothing_;
}

Release Reader::release(const json& source, const std::string& place) {
  Release release;
  const auto version = trust::SemVer::parse(text(source, "version", place, 128));
  if (!version) refuse(place + "version", "must be a version such as 1.4.0 (semver.org)");
  release.version = version.value_or(trust::SemVer());
  release.url = text(source, "url", place, kMaxReference);
  if (const auto checked = check_reference(release.url); !checked) {
    refuse(place + "url", checked.error().message);
  }
  const auto sha256 = trust::parse_sha256(text(source, "sha256", place, 64));
  if (!sha256) refuse(place + "sha256", "must be 64 digits of 0-9 and a-f");
  release.sha256 = sha256.value_or(trust::Sha256());
  release.size = number(source, "size", place, package::kMaxArchiveBytes);
  const std::string yanked = optional_text(source, "yanked", place, kMaxDescription);
  if (!yanked.empty()) release.yanked = yanked;
  return release;
}

Plugin Reader::plugin(const json& source, const std::string& place) {
  Plugin plugin;
  plugin.id = text(source, "id", place, 64);
  if (!is_plugin_id(plugin.id)) refuse(place + "id", "must be the id of a plugin");
  plugin.description = optional_text(source, "description", place, kMaxDescription);
  if (const std::string signer = optional_text(source, "signer", place, 100); !signer.empty()) {
    const auto key = trust::parse_public_key(signer);
    if (!key) refuse(place + "signer", "must be a public key, \"RW...\"");
    if (key) plugin.signer = *key;
  }
  const json& versions = list(source, "versions", place, kMaxReleases);
  for (std::size_t i = 0; i < versions.size() && problem_.empty(); ++i) {
    plugin.releases.push_back(release(versions[i], fmt::format("{}versions[{}].", place, i)));
  }
  const auto newer = [](const Release& a, const Release& b) { return a.version > b.version; };
  std::sort(plugin.releases.begin(), plugin.releases.end(), newer);
  const auto same = [](const Release& a, const Release& b) { return a.version == b.version; };
  const auto twice = std::adjacent_find(plugin.releases.begin(), plugin.releases.end(), same);
  if (twice != plugin.releases.end()) {
    refuse(place + "versions", fmt::format("has {} twice", twice->version.text()));
  }
  return plugin;
}

Index Reader::read(const json& root) {
  Index index;
  if (number(root, "format", "", kMaxVersion) != 1) {
    refuse("format", "is not 1, the only one that this version of midimon reads");
  }
  index.name = text(root, "name", "", kMaxName);
  index.version = number(root, "version", "", kMaxVersion);
  const auto expires = trust::parse_utc(text(root, "expires", "", 32));
  if (!expires) refuse("expires", "must be a time such as \"2026-11-25T11:07:00Z\"");
  index.expires = expires.value_or(trust::UtcSeconds());
  const json& plugins = list(root, "plugins", "", kMaxPlugins);
  for (std::size_t i = 0; i < plugins.size() && problem_.empty(); ++i)
    index.plugins.push_back(plugin(plugins[i], fmt::format("plugins[{}].", i)));
  const auto before = [](const Plugin& a, const Plugin& b) { return a.id < b.id; };
  std::sort(index.plugins.begin(), index.plugins.end(), before);
  const auto same = [](const Plugin& a, const Plugin& b) { return a.id == b.id; };
  const auto twice = std::adjacent_find(index.plugins.begin(), index.plugins.end(), same);
  if (twice != index.plugins.end()) {
    refuse("plugins", fmt::format("has {} twice", twice->id));
  }
  return index;
}

}  // namespace

Result<Index> parse_index(std::string_view text) {
  if (text.size() > kMaxIndexBytes) {
    return fail(ErrorCode::limit,
                fmt::format("it is larger than {}, which is the most that is read",
                            format_bytes(kMaxIndexBytes)));
  }
  const auto root = parse_strictly(text);
  if (!root) return fail(ErrorCode::invalid, "it is not JSON, or has a key twice");
  Reader reader;
  Index index = reader.read(*root);
  if (!reader.problem().empty()) return fail(ErrorCode::invalid, reader.problem());
  return index;
}

std::string to_json(const Index& index) {
  using Json = nlohmann::ordered_json;
  Json plugins = Json::array();
  for (const Plugin& plugin : index.plugins) {
    Json versions = Json::array();
    for (const Release& release : plugin.releases) {
      Json one = {{"version", release.version.text()},
                  {"url", release.url},
                  {"sha256", trust::to_hex(release.sha256)},
                  {"size", release.size}};
      if (release.yanked) one["yanked"] = *release.yanked;
      versions.push_back(std::move(one));
    }
    Json one = {{"id", plugin.id}};
    if (!plugin.description.empty()) one["description"] = plugin.description;
    if (plugin.signer) one["signer"] = to_string(*plugin.signer);
    one["versions"] = std::move(versions);
    plugins.push_back(std::move(one));
  }
  const Json root = {{"format", 1},
                     {"name", index.name},
                     {"version", index.version},
                     {"expires", trust::format_utc(index.expires)},
                     {"plugins", std::move(plugins)}};
  return root.dump(2) + "\n";
}

}  // namespace midimon::registry
