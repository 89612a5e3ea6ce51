#include "vfs/path.h"

#include <gtest/gtest.h>

#include <string>

namespace midimon::vfs {
namespace {

struct Parsed {
  const char* guest;
  const char* text;
  const char* parent;
  const char* name;
  bool must_be_directory;
};

TEST(Path, HoldsNamesAndNothingElse) {
  for (const Parsed& want : {
           Parsed{"a", "a", ".", "a", false},
           Parsed{"a/b", "a/b", "a", "b", false},
           Parsed{"a//b/", "a/b", "a", "b", true},
           Parsed{"./a/./b/.", "a/b", "a", "b", true},
           Parsed{"a/..", "a/..", "a", "..", true},
           Parsed{"../x", "../x", "..", "x", false},
           Parsed{".", ".", ".", "", true},
           Parsed{"./", ".", ".", "", true},
           Parsed{"...", "...", ".", "...", false},
       }) {
    Path path;
    Path::Buffer buffer;
    ASSERT_EQ(path.parse(want.guest), Errno::success) << want.guest;
    EXPECT_EQ(path.view(), want.text) << want.guest;
    EXPECT_STREQ(path.c_str(), want.text) << want.guest;
    EXPECT_STREQ(path.parent(buffer), want.parent) << want.guest;
    EXPECT_EQ(path.name(), want.name) << want.guest;
    EXPECT_EQ(path.must_be_directory(), want.must_be_directory) << want.guest;
  }
}

TEST(Path, KnowsWhatNeedsNoResolving) {
  Path path;
  EXPECT_TRUE(path.is_self());
  ASSERT_EQ(path.parse("a/"), Errno::success);
  EXPECT_TRUE(path.is_single_name());
  ASSERT_EQ(path.parse("a/b"), Errno::success);
  EXPECT_FALSE(path.is_single_name());
  ASSERT_EQ(path.parse(".."), Errno::success);
  EXPECT_FALSE(path.is_single_name());
  EXPECT_TRUE(path.has_no_name());
}

TEST(Path, RefusesWhatNoPathIs) {
  Path path;
  EXPECT_EQ(path.parse(""), Errno::noent);
  EXPECT_EQ(path.parse("/etc/passwd"), Errno::perm);
  EXPECT_EQ(path.parse(std::string_view("a\0b", 3)), Errno::inval);
  EXPECT_EQ(path.parse("a\xFF"), Errno::ilseq);
  EXPECT_EQ(path.parse(std::string(256, 'a')), Errno::nametoolong);
  EXPECT_EQ(path.parse(std::string(255, 'a')), Errno::success);
  std::string parents;
  for (int i = 0; i <= kMaxParents; ++i)
    parents += "../";
  EXPECT_EQ(path.parse(parents), Errno::nametoolong);
  std::string deep;
  while (deep.size() < kMaxPath + 1)
    deep += "a/";
  EXPECT_EQ(path.parse(deep), Errno::nametoolong);
  EXPECT_TRUE(path.is_self());  // after an error it names nothing else
}

}  // namespace
}  // namespace midimon::vfs
