#include "vfs/audited.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

using ::testing::ElementsAre;

// Keeps each event as a line.
class Lines final : public audit::Sink {
 public:
  [[nodiscard]] bool admits() override { return open; }
  void record(const audit::Event& event) override {
    std::string line = fmt::format("{} {}:{}", to_string(event.kind), event.mount, event.directory);
    if (!event.path.empty())
      line += fmt::format("{}{}", event.directory.empty() ? "" : "/", event.path);
    if (!event.target.empty())
      line += fmt::format(" -> {}|{}", event.target_directory, event.target);
    if (event.size > 0) line += fmt::format(" size {}", event.size);
    if (event.bytes_read + event.bytes_written > 0) {
      line += fmt::format(" read {} written {}", event.bytes_read, event.bytes_written);
    }
    if (event.result != Errno::success) line += fmt::format(" {}", to_string(event.result));
    lines.push_back(line);
    EXPECT_EQ(event.plugin, "p");
    EXPECT_EQ(event.version, "1");
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  bool open = true;
  std::vector<std::string> lines;
};

class Audited : public testing::Test {
 protected:
  SystemClock clock_;
  Lines sink_;
  std::unique_ptr<Directory> root_ =
      make_audited(make_memory(clock_, 1 << 20),
                   std::make_shared<AuditSource>(AuditSource{&sink_, "p", "1", "/"}));
  Calls fs_{*root_};
};

TEST_F(Audited, TellsOfEveryChangeOfAName) {
  (void)fs_.mkdir("a");
  (void)fs_.open("a/new", kCreate);
  (void)fs_.rename("a/new", "b");
  (void)fs_.link("b", "c");
  (void)fs_.symlink("b", "d");
  (void)fs_.unlink("c");
  (void)fs_.rmdir("a");
  EXPECT_THAT(sink_.take(), ElementsAre("make_directory /:a", "create /:a/new", "close /:a/new",
                                        "rename /:a/new -> |b", "link /:b -> |c",
                                        "symlink /:d -> |b", "unlink /:c", "remove_directory /:a"));
}

TEST_F(Audited, SumsUpReadsAndWritesWhenAFileIsClosed) {
  const Transferred before = transferred_by_this_thread();
  {
    const auto file = fs_.file("f");
    (void)write_text(*file, "hello");
    (void)write_text(*file, "!", 5);
    (void)read_text(*file);
    (void)file->set_size(2);
  }
  EXPECT_THAT(sink_.take(),
              ElementsAre("create /:f", "truncate /:f size 2", "close /:f read 6 written 6"));
  EXPECT_EQ(transferred_by_this_thread().written - before.written, 6U);
  EXPECT_EQ(transferred_by_this_thread().read - before.read, 6U);
}

TEST_F(Audited, TellsAnOpenFromACreateAndATruncation) {
  (void)fs_.open("f", kCreate);
  (void)sink_.take();
  (void)fs_.open("f", kCreate);
  (void)fs_.open("f", kTruncate);
  (void)fs_.open("f", kCreateNew);
  EXPECT_THAT(sink_.take(), ElementsAre("open /:f", "close /:f", "open /:f", "truncate /:f",
                                        "close /:f", "create /:f exist"));
}

TEST_F(Audited, TellsOfRefusalsWithTheirReason) {
  (void)fs_.open("../out", kRead);
  (void)fs_.mkdir("../out");
  (void)fs_.unlink("no");
  EXPECT_THAT(sink_.take(), ElementsAre("open /:../out perm", "make_directory /:../out perm",
                                        "unlink /:no noent"));
}

TEST_F(Audited, KnowsWhereAnOpenDirectoryIs) {
  (void)fs_.mkdir("a");
  (void)fs_.mkdir("a/b");
  const auto a = fs_.directory("a");
  const auto b = Calls(*a).directory("b");
  (void)sink_.take();
  (void)Calls(*b).symlink("t", "x");
  (void)Calls(*b).rename("x", *a, "y");
  EXPECT_THAT(sink_.take(), ElementsAre("symlink /:a/b/x -> |t", "rename /:a/b/x -> a|y"));
}

TEST_F(Audited, LookingIsNotReported) {
  (void)fs_.put("f", "x");
  (void)sink_.take();
  (void)fs_.stat("f");
  (void)fs_.read_link("f");
  (void)names_in(*root_);
  EXPECT_THAT(sink_.take(), ElementsAre());
}

TEST_F(Audited, WhatCannotBeRecordedIsNotDone) {
  (void)fs_.put("f", "x");
  const auto file = fs_.file("f", kReadWrite);
  sink_.open = false;
  EXPECT_EQ(fs_.open("f", kRead), Errno::io);
  EXPECT_EQ(fs_.mkdir("d"), Errno::io);
  EXPECT_EQ(fs_.unlink("f"), Errno::io);
  EXPECT_EQ(fs_.rename("f", "g"), Errno::io);
  EXPECT_EQ(fs_.symlink("f", "g"), Errno::io);
  EXPECT_EQ(code(write_text(*file, "y")), Errno::io);
  EXPECT_EQ(file->set_size(0), Errno::io);
  EXPECT_EQ(names_in(*root_), std::vector<std::string>{"f"});
  EXPECT_EQ(read_text(*file), "x");
}

}  // namespace
}  // namespace midimon::vfs
