// The contract tests say what every file system here promises, whatever it is made of; each suite
// runs over all of them. This is what the suites share.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "vfs/test_support.h"

namespace midimon::vfs {

struct Backend {
  const char* name;
  std::function<std::unique_ptr<Directory>(const TempDir&, const Clock&)> make;
};

inline std::unique_ptr<Directory> make_disk(const TempDir& dir, ResolverKind kind) {
  return std::move(*open_disk(dir.path().c_str(), {.owner_only = false, .resolver = kind}));
}

inline const Backend kBackends[] = {
    {"openat2", [](const TempDir& d, const Clock&) { return make_disk(d, ResolverKind::openat2); }},
    {"walker", [](const TempDir& d, const Clock&) { return make_disk(d, ResolverKind::walker); }},
    {"memory", [](const TempDir&, const Clock& c) { return make_memory(c, 64 << 20); }},
};

inline std::string backend_name(const testing::TestParamInfo<Backend>& param) {
  return param.param.name;
}

class Contract : public testing::TestWithParam<Backend> {
 protected:
  TempDir host_;
  SystemClock clock_;
  std::unique_ptr<Directory> root_ = GetParam().make(host_, clock_);
  Calls fs_{*root_};
};

}  // namespace midimon::vfs
