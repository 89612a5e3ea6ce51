#include "registry/oci_pins.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "toml/toml_table.h"
#include "trust/private_file.h"

namespace midimon::registry {
namespace {

// Where the pin of a tag is, or would be.
auto place_of(auto& pins, const OciReference& reference) {
  return std::lower_bound(
      pins.begin(), pins.end(), tag_of(reference),
      [](const OciPin& pin, const std::string& wanted) { return tag_of(pin.target) < wanted; });
}

bool same_tag(const OciReference& a, const OciReference& b) {
  return tag_of(a) == tag_of(b);
}

// Reads one [[pins]] after the other.
class PinsReader {
 public:
  explicit PinsReader(Problems& problems) : problems_(problems) {}

  OciPins read(const toml::table& source) {
    TomlTable table(source, "the file", problems_);
    table.integer("format", 1, 1, Need::required);
    for (const toml::table* pin : table.tables("pins"))
      read_pin(*pin);
    table.refuse_other_keys();
    return std::move(pins_);
  }

 private:
  void read_pin(const toml::table& source);
  std::optional<OciReference> tag(TomlTable& table);

  Problems& problems_;
  OciPins pins_;
};

std::optional<OciReference> PinsReader::tag(TomlTable& table) {
  const auto text = table.string("tag", Need::required, "a reference such as oci://host/name:tag");
  if (!text) return std::nullopt;
  const auto reference = parse_oci_reference(*text);
  if (!reference) {
    problems_.add(table.pos("tag"), reference.error().message);
  } else if (reference->digest) {
    problems_.add(table.pos("tag"), "\"tag\" ends with the tag; the digest has its own line");
  } else if (pins_.find(*reference) != nullptr) {
    problems_.add(table.pos("tag"), fmt::format("{} is pinned already", in_quotes(*text)));
  } else {
    return *reference;
  }
  return std::nullopt;
}

void PinsReader::read_pin(const toml::table& source) {
  TomlTable table(source, "a [[pins]]", problems_);
  auto target = tag(table);
  constexpr std::string_view kDigest = "sha256: and 64 digits in lower case";
  const auto text = table.string("digest", Need::required, kDigest);
  const auto digest = text ? parse_oci_digest(*text) : std::nullopt;
  if (text && !digest)
    problems_.add(table.pos("digest"), fmt::format("\"digest\" must be {}", kDigest));
  constexpr std::string_view kTime = "a time in quotes, such as \"2026-11-25T11:07:00Z\"";
  const auto since_text = table.string("since", Need::required, kTime);
  const auto since = since_text ? trust::parse_utc(*since_text) : std::nullopt;
  if (since_text && !since)
    problems_.add(table.pos("since"), fmt::format("\"since\" must be {}", kTime));
  table.refuse_other_keys();
  if (!target || !digest || !since) return;
  target->digest = digest;
  pins_.pin(std::move(*target), *since);
}

Result<OciPins> parse(const std::optional<std::string>& text, const std::string& path) {
  if (!text) return OciPins();
  return parse_pins(*text, path);
}

}  // namespace

const OciPin* OciPins::find(const OciReference& reference) const {
  const auto found = place_of(pins_, reference);
  return found != pins_.end() && same_tag(found->target, reference) ? &*found : nullptr;
}

void OciPins::pin(OciReference target, trust::UtcSeconds when) {
  const auto place = place_of(pins_, target);
  if (place == pins_.end() || !same_tag(place->target, target)) {
    pins_.insert(place, {std::move(target), when});
  } else if (place->target != target) {
    *place = {std::move(target), when};
  }
}

Result<void> OciPins::check(const OciReference& reference, const trust::Sha256& digest) const {
  const OciPin* pin = find(reference);
  if (pin == nullptr || pin->target.digest == digest) return {};
  OciReference exact = reference;
  exact.digest = digest;
  return fail(ErrorCode::denied,
              fmt::format("{} led to {} when it was used on {}, and leads to {} now: somebody has "
                          "moved the tag. If you expect a new version there, run: midimon plugin "
                          "update {}\nTo take just this one, run: midimon plugin install {}",
                          tag_of(reference), to_oci_digest(*pin->target.digest),
                          trust::format_utc(pin->since), to_oci_digest(digest), tag_of(reference),
                          to_string(exact)));
}

Result<OciPins> parse_pins(std::string_view text, std::string_view file) {
  if (text.size() > kMaxPinsBytes) {
    return fail(ErrorCode::limit, fmt::format("{}: pins of more than {} are not read", file,
                                              format_bytes(kMaxPinsBytes)));
  }
  Problems problems;
  const auto source = parse_toml(text, problems);
  if (source) {
    OciPins pins = PinsReader(problems).read(*source);
    if (problems.empty()) return pins;
  }
  return fail(ErrorCode::invalid, problems.lines(file));
}

std::string to_toml(const OciPins& pins) {
  std::string out =
      "# What each tag in an OCI registry led to when it was first used. Written by `midimon "
      "plugin\n"
      "# install` and `update`; docs/oci.md says what each line means.\n"
      "format = 1\n";
  for (const OciPin& pin : pins.all()) {
    out += fmt::format(
        "\n[[pins]]\ntag = {}\ndigest = {}\nsince = {}\n", json_quote(tag_of(pin.target)),
        json_quote(to_oci_digest(*pin.target.digest)), json_quote(trust::format_utc(pin.since)));
  }
  return out;
}

std::string pins_path(const Places& places) {
  return places.state + places.separator + "oci_pins.toml";
}

Result<OciPins> load_pins(const std::string& path) {
  const auto directory = trust::find_private_directory(path);
  if (!directory) return tl::unexpected(directory.error());
  if (!directory->valid()) return OciPins();
  const auto text = trust::read_private_file(*directory, path, kMaxPinsBytes);
  if (!text) return tl::unexpected(text.error());
  return parse(*text, path);
}

Result<void> update_pins(const std::string& path, const std::function<void(OciPins&)>& change) {
  return trust::update_private_file(
      path, kMaxPinsBytes, [&](const std::optional<std::string>& text) -> Result<std::string> {
        auto pins = parse(text, path);
        if (!pins) return tl::unexpected(pins.error());
        change(*pins);
        return to_toml(*pins);
      });
}

}  // namespace midimon::registry
