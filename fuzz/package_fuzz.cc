// Packages: whatever the bytes are, they are refused or read as what is written and read again the
// same, and nothing in them has a name that leads out.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "package/archive.h"

namespace midimon::package {
namespace {

using fuzz::check;

void check_package(std::string_view bytes) {
  const auto package = read_archive(bytes);
  if (!package) {
    check(fuzz::is_safe_to_show(package.error().message, "\n"), "an error can be shown");
    return;
  }
  std::uint64_t total = 0;
  for (const File& file : package->files()) {
    check(check_name(file.name).has_value(), "only good names come out");
    check(package->find(file.name) == &file, "each name is there once");
    total += file.bytes.size();
  }
  check(total <= kMaxTotalBytes, "no bomb comes out");
  const auto written = write_archive(*package);
  check(written.has_value(), "what was read can be written");
  const auto again = read_archive(*written);
  check(again && again->files().size() == package->files().size() &&
            again->module() == package->module() && again->manifest() == package->manifest(),
        "what was written is the same");
}

void check_manifest(std::string_view text) {
  const auto manifest = parse_manifest(text);
  if (manifest) check(parse_manifest(to_toml(*manifest)) == *manifest, "it is read again");
}

}  // namespace
}  // namespace midimon::package

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  midimon::package::check_package(text);
  midimon::package::check_manifest(text);
  return 0;
}
