#include "plugins/data_directory.h"

#include <string_view>

namespace midimon::plugins {
namespace {

constexpr std::string_view kDanger = "so what is in it cannot be trusted";

// What is not there is no error, and no descriptor.
Result<UniqueFd> or_invalid(Result<UniqueFd> found) {
  if (!found && found.error().code == ErrorCode::not_found) return UniqueFd();
  return found;
}

// Opens `name`, a directory of ours in places.data.
Result<UniqueFd> open_in_data(const Places& places, const char* name, Missing missing) {
  Result<UniqueFd> root = open_data_root(places, missing);
  if (!root) return root;
  return open_private(root->get(), name, places.data + "/" + name, missing);
}

}  // namespace

Result<UniqueFd> open_private(int parent, const std::string& name, const std::string& path,
                              Missing missing) {
  return open_private_directory(parent, name, path, kDanger, missing);
}

Result<UniqueFd> find_private(int parent, const std::string& name, const std::string& path) {
  return or_invalid(open_private(parent, name, path, Missing::refuse));
}

Result<UniqueFd> open_data_root(const Places& places, Missing missing) {
  return open_private_place(places.data, kDanger, missing);
}

Result<UniqueFd> open_all_plugin_data(const Places& places, Missing missing) {
  return open_in_data(places, "plugin-data", missing);
}

Result<UniqueFd> open_plugin_data(const Places& places, const std::string& id, Missing missing) {
  Result<UniqueFd> all = open_all_plugin_data(places, missing);
  if (!all) return all;
  return open_private(all->get(), id, places.plugin_data(id), missing);
}

Result<UniqueFd> open_shared(const Places& places, Missing missing) {
  return open_in_data(places, "shared", missing);
}

Result<UniqueFd> open_installed(const Places& places) {
  return open_in_data(places, "plugins", Missing::make);
}

Result<UniqueFd> find_installed(const Places& places) {
  return or_invalid(open_in_data(places, "plugins", Missing::refuse));
}

Result<UniqueFd> open_locks(const Places& places) {
  return open_in_data(places, "locks", Missing::make);
}

}  // namespace midimon::plugins
