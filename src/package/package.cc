#include "package/package.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "base/units.h"

namespace midimon::package {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_component(std::string_view text) {
  return !text.empty() && text.size() <= kMaxComponentBytes &&
         (is_letter_or_digit(text.front()) || text.front() == '_') && text.back() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

// As a file system that folds case sees it; check_name() leaves ASCII only.
std::string folded(std::string_view name) {
  return to_lower(name);
}

std::string quoted(std::string_view name) {
  return fmt::format("\"{}\"", escape_line(name.substr(0, kMaxNameBytes)));
}

// Finds names that would be one file, or a file and a directory, where case does not count.
class Names {
 public:
  Result<void> add(const std::string& name) {
    if (auto checked = check_name(name); !checked) return checked;
    const std::string fold = folded(name);
    for (std::size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      const auto [found, added] =
          directories_.emplace(fold.substr(0, slash), name.substr(0, slash));
      if (files_.contains(found->first) || (!added && found->second != name.substr(0, slash))) {
        return clash(name);
      }
    }
    if (directories_.contains(fold) || !files_.insert(fold).second) return clash(name);
    return {};
  }

 private:
  static Result<void> clash(const std::string& name) {
    return refuse(ErrorCode::invalid,
                  fmt::format("another name in it is the same as {} where upper and lower case "
                              "are one",
                              quoted(name)));
  }

  std::set<std::string, std::less<>> files_;
  std::map<std::string, std::string, std::less<>> directories_;  // folded -> as it is written
};

}  // namespace

tl::unexpected<Error> refuse(ErrorCode code, std::string_view what) {
  return fail(code, fmt::format("The package cannot be used: {}. Get it anew from its author, who "
                                "makes packages with `midimon plugin pack`.",
                                what));
}

Result<void> check_name(std::string_view name) {
  bool good = name.size() <= kMaxNameBytes;
  std::size_t depth = 0;
  for (std::string_view rest = name; good; ++depth) {
    const std::size_t slash = rest.find('/');
    good = depth < kMaxDepth && is_component(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (good) return {};
  return refuse(ErrorCode::invalid,
                fmt::format("{} is no name for a file in it: use letters, digits and . _ -, not at "
                            "the start, in at most {} directories",
                            quoted(name), kMaxDepth - 1));
}

Result<Package> Package::make(std::vector<File> files) {
  if (files.size() > kMaxFiles) {
    return refuse(ErrorCode::limit, fmt::format("it holds more than {} files", kMaxFiles));
  }
  Package package;
  Names names;
  std::uint64_t total = 0;
  for (const File& file : files) {
    if (auto added = names.add(file.name); !added) return tl::unexpected(added.error());
    total += file.bytes.size();
  }
  if (total > kMaxTotalBytes) {
    return refuse(ErrorCode::limit,
                  fmt::format("it holds more than {}", format_bytes(kMaxTotalBytes)));
  }
  package.files_ = std::move(files);
  std::sort(package.files_.begin(), package.files_.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
  if (package.find(kModule) == nullptr) {
    return refuse(ErrorCode::invalid, fmt::format("there is no {} in it", kModule));
  }
  if (const auto text = package.text(kManifest)) {
    auto manifest = parse_manifest(*text);
    if (!manifest) return tl::unexpected(manifest.error());
    package.manifest_ = std::move(*manifest);
  }
  return package;
}

const File* Package::find(std::string_view name) const {
  const auto found = std::lower_bound(
      files_.begin(), files_.end(), name,
      [](const File& file, std::string_view wanted) { return file.name < wanted; });
  return found == files_.end() || found->name != name ? nullptr : &*found;
}

std::optional<std::string_view> Package::text(std::string_view name) const {
  const File* file = find(name);
  return file == nullptr ? std::nullopt : std::optional<std::string_view>(file->bytes);
}

}  // namespace midimon::package
