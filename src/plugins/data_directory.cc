#include "plugins/data_directory.h"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/path_error.h"

namespace midimon::plugins {
namespace {

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
  return open_private_directory(parent, name, path, "so what is in it cannot be trusted", missing);
}

Result<UniqueFd> find_private(int parent, const std::string& name, const std::string& path) {
  return or_invalid(open_private(parent, name, path, Missing::refuse));
}

// What lies above places.data is the user's (a home directory may be a link), so it is made in the
// ordinary way; the directory itself is ours.
Result<UniqueFd> open_data_root(const Places& places, Missing missing) {
  const std::filesystem::path path(places.data);
  std::error_code error;
  if (missing == Missing::make) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return cannot("make", path.parent_path().string(), error.value());
  const UniqueFd parent(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return cannot("open", path.parent_path().string(), errno);
  return open_private(parent.get(), path.filename().string(), path.string(), missing);
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
