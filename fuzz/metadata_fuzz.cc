// plugins::parse_metadata: what a stranger's JSON becomes.
#include <cstdint>
#include <string>

#include "fuzz/check.h"
#include "plugins/metadata.h"

namespace midimon::fuzz {
namespace {

void check_metadata(const Metadata& metadata) {
  check(is_plugin_id(metadata.name), "the name is a plugin's id");
  for (const std::string* text : {&metadata.version, &metadata.description, &metadata.author,
                                  &metadata.license, &metadata.homepage}) {
    check(is_safe_to_show(*text), "what a plugin says of itself can be shown");
  }
  for (const Capability& capability : metadata.capabilities)
    check(is_safe_to_show(capability.reason), "a reason can be shown");
  if (metadata.login) {
    check(is_safe_to_show(metadata.login->authorize_url + metadata.login->token_url),
          "the URLs of a login can be shown");
  }
  for (const ActionInfo& action : metadata.actions) {
    check(!action.id.empty(), "an action has an id");
    check(is_safe_to_show(action.id + action.label + action.description), "an action can be shown");
  }
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  const auto metadata = plugins::parse_metadata({reinterpret_cast<const char*>(data), size});
  if (!metadata) {
    fuzz::check(!metadata.error().message.empty(), "an error says something");
    fuzz::check(fuzz::is_safe_to_show(metadata.error().message), "an error can be shown");
    return 0;
  }
  fuzz::check(size <= plugins::kMaxMetadataBytes, "metadata is bounded");
  fuzz::check_metadata(*metadata);
  return 0;
}
