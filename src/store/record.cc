#include "store/record.h"

#include <fmt/format.h>

#include "toml/toml_table.h"

namespace midimon::store {
namespace {

std::optional<trust::SemVer> version(TomlTable& table, std::string_view key, Need need) {
  const auto text = table.string(key, need, "a version such as \"1.4.0\"");
  if (!text) return {};
  auto parsed = trust::SemVer::parse(*text);
  if (!parsed) {
    table.add_problem(table.pos(key), fmt::format("{} is no version", in_quotes(*text)));
  }
  return parsed;
}

}  // namespace

Result<Record> parse_record(std::string_view text, std::string_view file) {
  Problems problems;
  if (const auto source = parse_toml(text, problems)) {
    TomlTable table(*source, "the file", problems);
    Record record;
    table.integer("format", 1, 1, Need::required);
    record.version = version(table, "version", Need::optional);
    record.not_older_than =
        version(table, "not_older_than", Need::required).value_or(trust::SemVer());
    table.refuse_other_keys();
    if (problems.empty()) return record;
  }
  return fail(ErrorCode::invalid, problems.lines(file));
}

// A version holds nothing that TOML would want escaped.
std::string to_toml(const Record& record) {
  std::string out = "# Written by `midimon plugin`.\nformat = 1\n";
  if (record.version) out += fmt::format("version = \"{}\"\n", record.version->text());
  return out + fmt::format("not_older_than = \"{}\"\n", record.not_older_than.text());
}

}  // namespace midimon::store
