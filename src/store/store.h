// The Store class reads what is installed: plugins/<id>/<version>/ below the data directory, and
// beside the versions of a plugin the record of which one is in use.
//
// It takes no lock: what is in use changes in one step (change.h). What it reads may be anybody's
// who could write to the user's files, so that nothing is followed, and nothing is believed but by
// its signature.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/places.h"
#include "base/unique_fd.h"
#include "midimon/result.h"
#include "store/record.h"

namespace midimon::store {

// What is loaded of an installed version: the bytes that are judged, and later run.
struct StoredModule {
  std::string module;
  std::optional<std::string> signature;
};

class Store {
 public:
  explicit Store(Places places) : places_(std::move(places)) {}

  // The plugins that are installed, in order.
  [[nodiscard]] Result<std::vector<std::string>> ids() const;
  // Nothing if the plugin never was installed. Error: not_found, `id` is no id.
  [[nodiscard]] Result<std::optional<Record>> record(const std::string& id) const;
  // The version in use. Error: not_found, with the command that installs the plugin.
  [[nodiscard]] Result<Record> in_use(const std::string& id) const;
  // All versions that lie side by side, the newest first.
  [[nodiscard]] Result<std::vector<trust::SemVer>> versions(const std::string& id) const;
  // Reads each file once. Errors: not_found, something is missing; denied, a link or a file that
  // others may write to is in its place.
  [[nodiscard]] Result<StoredModule> read(const std::string& id,
                                          const trust::SemVer& version) const;

  // plugins/<id>, for people.
  [[nodiscard]] std::string path(const std::string& id) const;

 private:
  // Not valid if it is not there.
  [[nodiscard]] Result<UniqueFd> open(const std::string& id) const;

  Places places_;
};

// The names in an open directory but "." and "..", in order.
Result<std::vector<std::string>> names_in(int directory, const std::string& path);

}  // namespace midimon::store
