#include "package/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace midimon::package {
namespace {

using ::testing::HasSubstr;

class Directory : public ::testing::Test {
 protected:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    write("plugin.wasm", "module");
    write("presets/live.json", "{}");
  }
  ~Directory() override { std::filesystem::remove_all(root_); }

  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << bytes;
  }
  [[nodiscard]] std::string error() const {
    const auto package = read_directory(root_);
    return package ? "no error" : package.error().message;
  }

  std::filesystem::path root_;
};

TEST_F(Directory, IsReadWhole) {
  const auto package = read_directory(root_);
  ASSERT_TRUE(package) << package.error().message;
  ASSERT_EQ(package->files().size(), 2U);
  EXPECT_EQ(package->files()[1].name, "presets/live.json");
  EXPECT_EQ(package->files()[1].bytes, "{}");
}

TEST_F(Directory, FollowsNoLinksOfItsOwn) {
  std::filesystem::create_symlink("/etc/passwd", root_ / "link");
  EXPECT_THAT(error(), HasSubstr("link is neither a file nor a directory"));
  std::filesystem::remove(root_ / "link");
  std::filesystem::create_directory_symlink("/etc", root_ / "presets/etc");
  EXPECT_THAT(error(), HasSubstr("presets/etc is neither"));
}

TEST_F(Directory, DoesNotWaitForAFifo) {
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(error(), HasSubstr("fifo is neither"));
}

TEST_F(Directory, RefusesWhatCannotBeInAPackage) {
  write(".git/config", "");
  EXPECT_THAT(error(), HasSubstr("\".git\" is no name"));
  std::filesystem::remove_all(root_ / ".git");
  write("a/b/c/d/e", "");
  EXPECT_THAT(error(), HasSubstr("no name for a file"));
}

TEST_F(Directory, RefusesTooManyFilesAndTooMuch) {
  for (std::size_t i = 0; i < kMaxFiles; ++i)
    write("presets/" + std::to_string(i), "");
  EXPECT_THAT(error(), HasSubstr("more than 256 files"));
  std::filesystem::remove_all(root_ / "presets");
  write("big", "");
  std::filesystem::resize_file(root_ / "big", std::uintmax_t{1} << 40);
  EXPECT_THAT(error(), HasSubstr("more than 64MiB"));
}

TEST_F(Directory, MustBeThere) {
  EXPECT_FALSE(read_directory(root_ / "none"));
  EXPECT_FALSE(read_directory(root_ / "plugin.wasm"));
}

}  // namespace
}  // namespace midimon::package
