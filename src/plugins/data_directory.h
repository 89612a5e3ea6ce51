// A plugin's own directory on the host, and the directory that plugins share.
#pragma once

#include <string>

#include "base/places.h"
#include "base/private_directory.h"
#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon::plugins {

using midimon::Missing;

// Opens `plugin-data/<id>/` below places.data, made on demand: every directory from places.data on
// has mode 0700 whatever the umask. One that exists with another mode, another owner, or is a
// symbolic link is refused, and the error says how to mend it. `id` is a plugin's id.
Result<UniqueFd> open_plugin_data(const Places& places, const std::string& id,
                                  Missing missing = Missing::make);

// The same for the shared directory.
Result<UniqueFd> open_shared(const Places& places, Missing missing = Missing::make);

// The same for the directories that those two lie in: `plugin-data/`, and places.data itself.
Result<UniqueFd> open_all_plugin_data(const Places& places, Missing missing);
Result<UniqueFd> open_data_root(const Places& places, Missing missing);

// The same for the directory of the installed plugins, `plugins/`, and for directories in one that
// is open; `path` is for errors.
Result<UniqueFd> open_installed(const Places& places);
Result<UniqueFd> open_private(int parent, const std::string& name, const std::string& path,
                              Missing missing = Missing::make);
// The same two, and nothing is made: not valid if it is not there.
Result<UniqueFd> find_installed(const Places& places);
Result<UniqueFd> find_private(int parent, const std::string& name, const std::string& path);

// The same for the directory of the locks that say which process holds which of the others.
Result<UniqueFd> open_locks(const Places& places);

}  // namespace midimon::plugins
