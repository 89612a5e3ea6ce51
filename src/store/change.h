// The StoreChange class changes what is installed, alone: while one lives no other process has one.
//
// A version is written beside the others under a name that nobody reads, and comes into use by a
// rename of the record. So whoever looks, or is left with a crash, sees the old or the new, and
// what was half done is swept away by the next change.
#pragma once

#include <string>

#include "base/places.h"
#include "base/unique_fd.h"
#include "midimon/result.h"
#include "package/package.h"
#include "store/record.h"

namespace midimon::store {

class StoreChange {
 public:
  // Error: busy, another process changes the store; the message says which.
  static Result<StoreChange> begin(const Places& places);
  StoreChange(StoreChange&&) = default;
  // Removes what was staged and not put.
  ~StoreChange();

  // Writes all files of the package, and has them on the disk when it returns.
  Result<void> stage(const package::Package& package);
  // Makes what was staged the version that `record` names, in place of one that is there under the
  // same name, and puts it in use.
  Result<void> put(const std::string& id, const Record& record);
  // Puts another version in use that is there.
  Result<void> use(const std::string& id, const Record& record);
  // From the first moment on the plugin is not installed; what the record remembers besides stays.
  // With `and_data` its own directory goes too. False if there was nothing to remove. Error: busy,
  // the plugin runs with that directory.
  Result<bool> remove(const std::string& id, bool and_data);

 private:
  StoreChange(Places places, UniqueFd lock, UniqueFd root)
      : places_(std::move(places)), lock_(std::move(lock)), root_(std::move(root)) {}

  [[nodiscard]] std::string path(const std::string& name) const;
  Result<void> remove_data(const std::string& id) const;
  void remove_tree(const std::string& name) const;
  void sweep() const;
  void sweep_plugin(const std::string& id) const;

  Places places_;
  UniqueFd lock_;
  UniqueFd root_;  // plugins/
};

}  // namespace midimon::store
