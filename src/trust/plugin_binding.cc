#include "trust/plugin_binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.h"
#include "midimon/plugin_id.h"

namespace midimon::trust {
namespace {

constexpr std::string_view kMark = "midimon-plugin ";
constexpr std::string_view kFormat = "1";
constexpr std::size_t kMaxFields = 32;

// Field name -> value.
using Fields = std::map<std::string_view, std::string_view>;

tl::unexpected<Error> refuse(const std::string& why) {
  return fail(ErrorCode::invalid,
              fmt::format("The trusted comment does not say which plugin it is for: {}. The "
                          "plugin's author can sign it anew with `midimon key sign`.",
                          why));
}

bool is_known(std::string_view name) {
  return name == "id" || name == "version" || name == "sha256";
}

Result<Fields> read_fields(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals + 1 == word.size()) {
      return refuse(fmt::format("\"{}\" is no NAME=VALUE", escape_line(word.substr(0, 64))));
    }
    const std::string_view name = word.substr(0, equals);
    if (!is_known(name) && !name.starts_with("x-")) {
      return refuse(
          fmt::format("it has a field \"{}\" that must be understood and is not known to "
                      "this version of midimon",
                      escape_line(name.substr(0, 64))));
    }
    if (!fields.emplace(name, word.substr(equals + 1)).second) {
      return refuse(fmt::format("\"{}\" is there twice", escape_line(name.substr(0, 64))));
    }
    if (fields.size() > kMaxFields) return refuse("it has too many fields");
    if (space == std::string_view::npos) return fields;
    text.remove_prefix(space + 1);
    if (text.empty()) return refuse("it ends in a space");
  }
  return refuse("it has no fields");
}

}  // namespace

Result<PluginBinding> make_binding(std::string_view id, std::string_view version,
                                   const Sha256& sha256) {
  if (!is_plugin_id(id)) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" is no plugin id: use a to z and 0 to 9, with . _ - between "
                            "them, at most 64 characters.",
                            escape_line(id.substr(0, 64))));
  }
  auto parsed = SemVer::parse(version);
  if (!parsed) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" is no version as semver.org describes it. Use three numbers, "
                            "such as 1.4.0 or 1.4.0-beta.2.",
                            escape_line(version.substr(0, 64))));
  }
  return PluginBinding{std::string(id), std::move(*parsed), sha256};
}

std::string to_comment(const PluginBinding& binding) {
  return fmt::format("{}{} id={} version={} sha256={}", kMark, kFormat, binding.id,
                     binding.version.text(), to_hex(binding.sha256));
}

bool is_binding(std::string_view trusted_comment) {
  return trusted_comment.starts_with(kMark);
}

Result<PluginBinding> parse_binding(std::string_view comment) {
  if (!is_binding(comment)) return refuse(fmt::format("it does not begin with \"{}\"", kMark));
  comment.remove_prefix(kMark.size());
  const std::size_t space = comment.find(' ');
  if (comment.substr(0, space) != kFormat) {
    return refuse(fmt::format("its format is \"{}\", and this version of midimon reads {}",
                              escape_line(comment.substr(0, std::min<std::size_t>(space, 64))),
                              kFormat));
  }
  comment.remove_prefix(space == std::string_view::npos ? comment.size() : space + 1);
  const auto fields = read_fields(comment);
  if (!fields) return tl::unexpected(fields.error());
  for (const std::string_view name : {"id", "version", "sha256"}) {
    if (!fields->contains(name)) return refuse(fmt::format("\"{}\" is missing", name));
  }
  const auto hash = parse_sha256(fields->at("sha256"));
  if (!hash) return refuse("\"sha256\" is not 64 digits of 0-9 and a-f");
  auto binding = make_binding(fields->at("id"), fields->at("version"), *hash);
  if (!binding) return refuse(binding.error().message);
  return binding;
}

}  // namespace midimon::trust
