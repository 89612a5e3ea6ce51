#include "grants/book_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "grants/text_pattern.h"
#include "midimon/plugin_id.h"
#include "toml/toml_table.h"

namespace midimon::grants {
namespace {

constexpr std::array<std::string_view, kKinds> kNames = {
    "filesystem", "network", "midi", "audio", "subprocess", "systemcontrol"};

// Reads one [[plugins]] after the other.
class BookReader {
 public:
  explicit BookReader(Problems& problems) : problems_(problems) {}

  GrantBook read(const toml::table& source) {
    TomlTable table(source, "the file", problems_);
    table.integer("format", 1, 1, Need::required);
    for (const toml::table* plugin : table.tables("plugins"))
      read_plugin(*plugin);
    table.refuse_other_keys();
    return std::move(book_);
  }

 private:
  void read_plugin(const toml::table& source);
  std::optional<Signer> signer(TomlTable& table);
  std::string line(TomlTable& table, std::string_view key, Need need);
  std::optional<Capability> capability(TomlTable& table, Side side);
  std::optional<Grant> grant(const toml::table& source);
  std::optional<trust::UtcSeconds> since(TomlTable& table);

  Problems& problems_;
  GrantBook book_;
};

std::string BookReader::line(TomlTable& table, std::string_view key, Need need) {
  const auto text = table.string(key, need);
  if (text && !is_showable(*text)) {
    problems_.add(table.pos(key), fmt::format("\"{}\" holds what cannot be shown", key));
  }
  return text.value_or("");
}

std::optional<Signer> BookReader::signer(TomlTable& table) {
  constexpr std::string_view kExpected =
      "the id of a key (16 digits), or \"unsigned:\" and the SHA-256 of the module";
  const toml::node* node = table.find("signer", Need::required, kExpected);
  if (node == nullptr) return std::nullopt;
  const auto text = as_line(*node);
  auto signer = text ? Signer::parse(*text) : std::nullopt;
  if (!signer) table.refuse("signer", *node, kExpected);
  return signer;
}

// "capability" and "allow", in the form in which a book keeps them.
std::optional<Capability> BookReader::capability(TomlTable& table, Side side) {
  const auto name = table.string("capability", Need::required);
  const toml::array* allow = table.array("allow", Need::optional);
  if (!name) return std::nullopt;
  const auto* const known = std::find(kNames.begin(), kNames.end(), *name);
  if (known == kNames.end()) {
    problems_.add(table.pos("capability"), fmt::format("there is no capability {}{}",
                                                       in_quotes(*name), hint(*name, kNames)));
    return std::nullopt;
  }
  const CapabilityKind kind = parse_capability(*known)->kind;
  Capability out{kind, {}, {}};
  Permissions all;
  bool wrong = false;
  for (std::size_t i = 0; allow != nullptr && i < allow->size(); ++i) {
    const toml::node& node = *allow->get(i);
    const auto text = as_line(node);
    const Result<void> added =
        text ? all.add({kind, {*text}, {}}, side) : fail(ErrorCode::invalid, "it is no text");
    if (added) continue;
    problems_.add(pos_of(node), added.error().message);
    wrong = true;
  }
  if (wrong) return std::nullopt;
  if (allow != nullptr && allow->empty()) {
    problems_.add(table.pos("allow"), "\"allow\" is empty; leave it out if all is meant");
    return std::nullopt;
  }
  if (allow == nullptr && !all.add(out, side)) return std::nullopt;
  return all.to_capabilities().front();
}

std::optional<trust::UtcSeconds> BookReader::since(TomlTable& table) {
  constexpr std::string_view kExpected = "a time in quotes, such as \"2026-11-25T11:07:00Z\"";
  const toml::node* node = table.find("since", Need::required, kExpected);
  if (node == nullptr) return std::nullopt;
  const auto text = as_line(*node);
  const auto time = text ? trust::parse_utc(*text) : std::nullopt;
  if (!time) table.refuse("since", *node, kExpected);
  return time;
}

std::optional<Grant> BookReader::grant(const toml::table& source) {
  TomlTable table(source, "a [[plugins.grants]]", problems_);
  auto what = capability(table, Side::grant);
  const auto time = since(table);
  Grant grant;
  grant.lasting.boot = line(table, "until_restart_of", Need::optional);
  if (const auto calls = table.integer("calls", 0, kMaxCalls, Need::optional)) {
    grant.lasting.calls = static_cast<std::uint64_t>(*calls);
  }
  if (grant.lasting.calls && !grant.lasting.boot.empty()) {
    problems_.add(table.pos("calls"), "a grant ends with a restart or after calls, not both");
  }
  table.refuse_other_keys();
  if (!what || !time) return std::nullopt;
  grant.what = std::move(*what);
  grant.since = *time;
  return grant;
}

void BookReader::read_plugin(const toml::table& source) {
  TomlTable table(source, "a [[plugins]]", problems_);
  const std::string id = line(table, "id", Need::required);
  if (!id.empty() && !is_plugin_id(id)) {
    problems_.add(table.pos("id"), fmt::format("{} is no plugin id", in_quotes(id)));
  }
  const auto who = signer(table);
  const std::string version = line(table, "version", Need::required);
  const bool answered = table.boolean("answered").value_or(false);
  std::vector<Capability> asks;
  for (const toml::table* ask : table.tables("asks")) {
    TomlTable ask_table(*ask, "a [[plugins.asks]]", problems_);
    auto what = capability(ask_table, Side::request);
    std::string reason = line(ask_table, "reason", Need::optional);
    ask_table.refuse_other_keys();
    if (!what) continue;
    what->reason = std::move(reason);
    asks.push_back(std::move(*what));
  }
  std::vector<Grant> grants;
  for (const toml::table* one : table.tables("grants")) {
    if (auto read = grant(*one)) grants.push_back(std::move(*read));
  }
  table.refuse_other_keys();
  if (who && book_.find(id, *who) != nullptr) {
    problems_.add(table.pos("signer"),
                  fmt::format("{} by this signer is there already", in_quotes(id)));
  }
  if (!who || !problems_.empty()) return;
  auto noted = book_.note({id, *who, version, answered, std::move(asks), std::move(grants)});
  if (!noted) problems_.add(table.pos(), noted.error().message);
}

std::string capability_lines(const Capability& what) {
  std::string out = fmt::format("capability = {}\n", json_quote(to_string(what.kind)));
  if (what.allow.empty()) return out;
  std::string list;
  for (const std::string& rule : what.allow)
    list += (list.empty() ? "" : ", ") + json_quote(rule);
  return out + fmt::format("allow = [{}]\n", list);
}

std::string grant_lines(const Grant& grant) {
  std::string out = "\n[[plugins.grants]]\n" + capability_lines(grant.what);
  out += fmt::format("since = {}\n", json_quote(trust::format_utc(grant.since)));
  if (!grant.lasting.boot.empty()) {
    out += fmt::format("until_restart_of = {}\n", json_quote(grant.lasting.boot));
  }
  if (grant.lasting.calls) out += fmt::format("calls = {}\n", *grant.lasting.calls);
  return out;
}

}  // namespace

Result<GrantBook> parse_book(std::string_view text, std::string_view file) {
  if (text.size() > kMaxBookBytes) {
    return fail(ErrorCode::limit, fmt::format("{}: grants of more than {} are not read", file,
                                              format_bytes(kMaxBookBytes)));
  }
  Problems problems;
  const auto source = parse_toml(text, problems);
  if (source) {
    GrantBook book = BookReader(problems).read(*source);
    if (problems.empty()) return book;
  }
  return fail(ErrorCode::invalid, problems.lines(file));
}

// What JSON quotes is what TOML quotes, as the texts hold no control characters.
std::string to_toml(const GrantBook& book) {
  std::string out =
      "# What each plugin asks for and may do. Written by `midimon permission`; "
      "docs/permissions.md\n"
      "# says what each line means.\n"
      "format = 1\n";
  for (const Entry& entry : book.entries()) {
    out += fmt::format("\n[[plugins]]\nid = {}\nsigner = {}\nversion = {}\nanswered = {}\n",
                       json_quote(entry.id), json_quote(entry.signer.text()),
                       json_quote(entry.version), entry.answered);
    for (const Capability& ask : entry.asks) {
      out += "\n[[plugins.asks]]\n" + capability_lines(ask);
      if (!ask.reason.empty()) out += fmt::format("reason = {}\n", json_quote(ask.reason));
    }
    for (const Grant& grant : entry.grants)
      out += grant_lines(grant);
  }
  return out;
}

}  // namespace midimon::grants
