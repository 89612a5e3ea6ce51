// The stage for the attack catalogue (docs/wasi.md): a sandbox with something worth stealing beside
// it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "vfs/test_support.h"

namespace midimon::vfs {

class Stage : public testing::TestWithParam<ResolverKind> {
 protected:
  // host_/root is the sandbox; host_/outside/secret and host_/secret must not be reached from it.
  static const TempDir& furnish(const TempDir& host) {
    std::filesystem::create_directories(host / "root/dir");
    std::filesystem::create_directory(host / "outside");
    write_host_file(host / "outside/secret", "secret");
    write_host_file(host / "secret", "secret");
    write_host_file(host / "root/file", "inside");
    return host;
  }

  static std::unique_ptr<Directory> open(const std::string& path) {
    return std::move(*open_disk(path.c_str(), {.owner_only = false, .resolver = GetParam()}));
  }
  // A link of the host's making, which may say what symlink() would refuse.
  void plant(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, host_ / ("root/" + name));
  }
  [[nodiscard]] std::string inside(const std::string& name) const {
    return host_ / ("root/" + name);
  }

  // Nothing outside was changed, made or removed.
  void expect_outside_untouched() const {
    EXPECT_EQ(read_host_file(host_ / "outside/secret"), "secret");
    EXPECT_EQ(read_host_file(host_ / "secret"), "secret");
    EXPECT_EQ(count_in(host_ / "outside"), 1);
    EXPECT_EQ(count_in(host_.path()), 3);
  }
  static long count_in(const std::filesystem::path& path) {
    const std::filesystem::directory_iterator entries(path);
    return std::distance(begin(entries), end(entries));
  }

  // Every call that looks at or changes `path` is refused with `why`, and nothing happens outside.
  void expect_refused(const std::string& path, Errno why);

  TempDir host_;
  std::unique_ptr<Directory> root_ = open(furnish(host_) / "root");
  Calls fs_{*root_};
};

inline void Stage::expect_refused(const std::string& path, Errno why) {
  const std::string below = path + "/x";
  EXPECT_EQ(fs_.open(path, kReadFollow), why) << path;
  EXPECT_EQ(fs_.open(path, kCreateFollow), why) << path;
  EXPECT_EQ(fs_.open(path, {.write = true, .truncate = true, .follow = true}), why) << path;
  EXPECT_EQ(code(fs_.stat(path, true)), why) << path;
  EXPECT_EQ(fs_.set_times(path, true, {Nanos(1), Nanos(1)}), why) << path;
  EXPECT_EQ(fs_.open(below, kCreate), why) << below;
  EXPECT_EQ(fs_.mkdir(below), why) << below;
  EXPECT_EQ(fs_.rmdir(below), why) << below;
  EXPECT_EQ(fs_.unlink(below), why) << below;
  EXPECT_EQ(fs_.symlink("t", below), why) << below;
  EXPECT_EQ(code(fs_.read_link(below)), why) << below;
  EXPECT_EQ(fs_.rename("file", below), why) << below;
  EXPECT_EQ(fs_.rename(below, "y"), why) << below;
  EXPECT_EQ(fs_.link("file", below), why) << below;
  EXPECT_EQ(fs_.link(below, "y"), why) << below;
  expect_outside_untouched();
}

inline std::string resolver_name(const testing::TestParamInfo<ResolverKind>& param) {
  return param.param == ResolverKind::walker ? "walker" : "openat2";
}

}  // namespace midimon::vfs
