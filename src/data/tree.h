// Walks a directory of the host that strangers have filled, and removes one. No link is followed,
// no mount entered, and what is swapped meanwhile is met as what it is then.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/errno.h"
#include "midimon/result.h"
#include "vfs/resolver.h"

namespace midimon::data {

// How deep a tree may be that is walked: as deep as one that a quota counts.
inline constexpr int kMaxLevels = 256;

// The names in an open directory, in the order of their bytes.
ErrnoOr<std::vector<std::string>> names_in(int directory);

// What was found under one name. Everything in it is valid during the call that it is handed to.
struct Item {
  std::string_view path;    // below the root
  const struct stat& info;  // of the name itself
  int directory = -1;       // open on the directory that has the name
  const char* name = nullptr;
};

// Calls `visit` for everything below `root`, names in the order of their bytes and a directory
// before what is in it. What is gone by the time it is looked at is passed over. Errors: those of
// `visit`; denied, io: something cannot be read; limit: more than kMaxLevels levels.
Result<void> walk(int root, const vfs::Resolver& resolver,
                  const std::function<Result<void>(const Item&)>& visit);

// Removes the directory `name` of `parent` and all that is in it, however deep, with four open
// descriptors at most; a file or link in its place goes itself. One that is not there is removed
// already. Error: something cannot be
// removed; the rest is still there then.
Result<void> remove_tree(int parent, const std::string& name, const vfs::Resolver& resolver);

}  // namespace midimon::data
