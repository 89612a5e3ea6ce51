#include "registry/seen.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "registry/index.h"
#include "toml/toml_table.h"
#include "trust/private_file.h"

namespace midimon::registry {
namespace {

// Reads one [[registries]].
void read_sighting(const toml::table& source, Seen& seen, Problems& problems) {
  TomlTable table(source, "a [[registries]]", problems);
  const auto location = table.string("location", Need::required);
  const auto key_line = table.string("key", Need::required);
  const auto version =
      table.integer("version", 1, static_cast<std::int64_t>(kMaxVersion), Need::required);
  const auto hex = table.string("sha256", Need::required);
  table.refuse_other_keys();
  if (!location || !key_line || !version || !hex) return;
  const auto key = trust::parse_public_key(*key_line);
  const auto sha256 = trust::parse_sha256(*hex);
  if (!key) table.add_problem(table.pos("key"), key.error().message);
  if (!sha256)
    table.add_problem(table.pos("sha256"), "\"sha256\" must be 64 digits of 0-9 and a-f");
  if (!key || !sha256) return;
  const auto added = seen.add({*location, *key, static_cast<std::uint64_t>(*version), *sha256});
  if (!added) table.add_problem(table.pos(), added.error().message);
}

}  // namespace

Result<void> Seen::add(const Sighting& sighting) {
  const auto known = std::find_if(all_.begin(), all_.end(), [&](const Sighting& other) {
    return other.location == sighting.location && other.key == sighting.key;
  });
  if (known == all_.end()) {
    all_.push_back(sighting);
    return {};
  }
  if (sighting.version < known->version) {
    return fail(ErrorCode::denied,
                fmt::format("{} has version {} of the index, and version {} was seen before. An "
                            "older index can hide updates, so nothing is taken from it. If it "
                            "stays so, tell who runs the registry.",
                            escape_line(sighting.location), sighting.version, known->version));
  }
  if (sighting.version == known->version && sighting.sha256 != known->sha256) {
    return fail(ErrorCode::denied,
                fmt::format("{} has another index than before under the same version, {}. Nothing "
                            "is taken from it; tell who runs the registry.",
                            escape_line(sighting.location), sighting.version));
  }
  *known = sighting;
  return {};
}

Result<Seen> parse_seen(std::string_view text, std::string_view file) {
  Problems problems;
  const auto source = parse_toml(text, problems);
  if (source) {
    Seen seen;
    TomlTable table(*source, "the file", problems);
    table.integer("format", 1, 1, Need::required);
    for (const toml::table* registry : table.tables("registries"))
      read_sighting(*registry, seen, problems);
    table.refuse_other_keys();
    if (problems.empty()) return seen;
  }
  return fail(ErrorCode::invalid, problems.lines(file));
}

std::string to_toml(const Seen& seen) {
  std::string out =
      "# The newest index of each registry that was seen. Older ones are refused.\n"
      "format = 1\n";
  for (const Sighting& one : seen.all()) {
    out += fmt::format("\n[[registries]]\nlocation = {}\nkey = {}\nversion = {}\nsha256 = {}\n",
                       json_quote(one.location), json_quote(to_string(one.key)), one.version,
                       json_quote(trust::to_hex(one.sha256)));
  }
  return out;
}

Result<void> remember(const Places& places, const Sighting& sighting) {
  const std::string path = places.state + places.separator + "registries.toml";
  return trust::update_private_file(
      path, kMaxSeenBytes, [&](const std::optional<std::string>& text) -> Result<std::string> {
        auto seen = text ? parse_seen(*text, path) : Seen();
        if (!seen) return tl::unexpected(seen.error());
        if (auto added = seen->add(sighting); !added) return tl::unexpected(added.error());
        return to_toml(*seen);
      });
}

}  // namespace midimon::registry
