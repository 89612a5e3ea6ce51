// parse_index: whatever the text is, the answer is an index that keeps its promises and can be
// written and read again, or a problem that a terminal can show.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/text.h"
#include "fuzz/check.h"
#include "midimon/plugin_id.h"
#include "package/archive.h"
#include "registry/index.h"

namespace midimon::registry {
namespace {

using fuzz::check;

void check_plugin(const Plugin& plugin) {
  check(is_plugin_id(plugin.id), "a plugin has an id");
  check(is_showable(plugin.description), "a description can be shown");
  const Release* before = nullptr;
  for (const Release& release : plugin.releases) {
    check(before == nullptr || before->version > release.version, "the newest is the first");
    check(check_reference(release.url).has_value(), "a release lies where it may");
    check(release.url.find("://") != std::string::npos ||
              ("/" + release.url + "/").find("/../") == std::string::npos,
          "no path leads up");
    check(release.size > 0 && release.size <= package::kMaxArchiveBytes, "a size is bounded");
    check(plugin.find(release.version) == &release, "a release is found");
    before = &release;
  }
  const Release* newest = plugin.newest();
  check(newest == nullptr || !newest->yanked, "the newest is not yanked");
}

void check_index(const Index& index) {
  check(index.version > 0 && index.version <= kMaxVersion, "a version is a number");
  for (const Plugin& plugin : index.plugins) {
    check_plugin(plugin);
    check(index.find(plugin.id) == &plugin, "a plugin is found");
  }
  const std::string text = to_json(index);
  const auto again = parse_index(text);
  check(text.size() > kMaxIndexBytes || (again && to_json(*again) == text),
        "what was written is read again");
}

}  // namespace
}  // namespace midimon::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon::registry;  // NOLINT(google-build-using-namespace)
  const auto index = parse_index({reinterpret_cast<const char*>(data), size});
  if (index) {
    check_index(*index);
  } else {
    midimon::fuzz::check(midimon::fuzz::is_safe_to_show(index.error().message),
                         "a problem can be shown");
  }
  return 0;
}
