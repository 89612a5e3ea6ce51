#include "package/manifest.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "midimon/plugin_id.h"
#include "toml/toml_table.h"

namespace midimon::package {
namespace {

constexpr std::string_view kName = "manifest.toml";
constexpr std::size_t kMaxVersion = 128;

Manifest read(const toml::table& source, Problems& problems) {
  TomlTable table(source, "a manifest", problems);
  table.integer("format", 1, 1, Need::required);
  Manifest manifest;
  manifest.id = table.string("id", Need::required, "the plugin's id").value_or("");
  manifest.version = table.string("version", Need::required, "the plugin's version").value_or("");
  table.refuse_other_keys();
  if (!manifest.id.empty() && !is_plugin_id(manifest.id)) {
    table.add_problem(table.pos("id"),
                      fmt::format("{} is no id of a plugin", in_quotes(manifest.id)));
  }
  if (manifest.version.size() > kMaxVersion) {
    table.add_problem(table.pos("version"),
                      fmt::format("a version has at most {} characters", kMaxVersion));
  }
  return manifest;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > kMaxManifestBytes) {
    return fail(ErrorCode::limit, fmt::format("{}: a manifest of more than {} is not read", kName,
                                              format_bytes(kMaxManifestBytes)));
  }
  Problems problems;
  if (const auto source = parse_toml(text, problems)) {
    Manifest manifest = read(*source, problems);
    if (problems.empty()) return manifest;
  }
  return fail(ErrorCode::invalid, problems.lines(kName));
}

std::string to_toml(const Manifest& manifest) {
  return fmt::format("format = 1\nid = {}\nversion = {}\n", json_quote(manifest.id),
                     json_quote(manifest.version));
}

}  // namespace midimon::package
