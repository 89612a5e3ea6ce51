#include "vfs/mount_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "vfs/quota.h"
#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

TEST(ParseMount, ReadsHostGuestAndRights) {
  const auto plain = parse_mount("/srv/data::/data");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "/srv/data");
  EXPECT_EQ(plain->guest, "/data");
  EXPECT_FALSE(plain->read_only);
  const auto read_only = parse_mount("data::/:ro");
  ASSERT_TRUE(read_only);
  EXPECT_EQ(read_only->host, "data");
  EXPECT_EQ(read_only->guest, "/");
  EXPECT_TRUE(read_only->read_only);
}

TEST(ParseMount, AColonInTheHostsNameIsPartOfIt) {
  EXPECT_EQ(parse_mount("/a:ro::/b")->host, "/a:ro");
  EXPECT_FALSE(parse_mount("/a:ro::/b")->read_only);
}

TEST(ParseMount, WhatIsMistypedIsNeverAWritableMount) {
  for (const char* const text : {"/a", "/a:/b", "::/b", "/a::/b:RO", "/a::/b:r", "/a::/b:rw",
                                 "/a::/b::ro", "/a::/b:ro:ro", "", "::"}) {
    EXPECT_FALSE(parse_mount(text)) << text;
  }
  EXPECT_EQ(parse_mount("/a").error().message,
            "\"/a\" does not say where the guest sees the directory; write HOST::GUEST or "
            "HOST::GUEST:ro, as in \"/a::/\"");
}

class Mounts : public testing::Test {
 protected:
  Mounts() {
    std::filesystem::create_directories(host_ / "a/b");
    std::filesystem::create_directory(host_ / "c");
    std::filesystem::create_symlink("a", host_ / "link");
    write_host_file(host_ / "file", "");
    write_host_file(host_ / "a/f", "text");
  }
  Result<void> add(const std::string& host, const std::string& guest, bool read_only = false) {
    return table_.add({host, guest, read_only}, {});
  }
  // What adding says, or "" if it works.
  std::string refusal(const std::string& host, const std::string& guest, bool read_only = false) {
    const auto added = add(host, guest, read_only);
    return added ? "" : added.error().message;
  }

  TempDir host_;
  MountTable table_;
};

TEST_F(Mounts, AreKeptInOrderAndOpened) {
  ASSERT_TRUE(add(host_ / "a", "/"));
  ASSERT_TRUE(add(host_ / "c", "/x/y/", true));
  ASSERT_EQ(table_.mounts().size(), 2U);
  EXPECT_EQ(table_.mounts()[0].guest, "/");
  EXPECT_EQ(Calls(*table_.mounts()[0].directory).get("f"), "text");
  EXPECT_EQ(table_.mounts()[1].guest, "/x/y");
  EXPECT_TRUE(table_.mounts()[1].read_only);
  EXPECT_EQ(Calls(*table_.mounts()[1].directory).mkdir("new"), Errno::perm);
  EXPECT_EQ(std::move(table_).take().size(), 2U);
}

TEST_F(Mounts, TheHostDirectoryMustBeOne) {
  const std::string missing = host_ / "missing";
  EXPECT_EQ(refusal(missing, "/"),
            fmt::format("the directory \"{0}\" does not exist; create it first: mkdir -p '{0}'",
                        missing));
  EXPECT_NE(refusal(host_ / "file", "/").find("is not a directory"), std::string::npos);
  EXPECT_NE(refusal(host_ / "file/", "/").find("is not a directory"), std::string::npos);
  EXPECT_NE(refusal("", "/").find("is empty"), std::string::npos);
  EXPECT_TRUE(table_.mounts().empty());
}

TEST_F(Mounts, ALinkIsRefusedWithWhatToWriteInstead) {
  for (const char* const name : {"link", "link/", "link/.", "link//"}) {
    const std::string refused = refusal(host_ / name, "/");
    EXPECT_NE(refused.find("is a symbolic link"), std::string::npos) << name << ": " << refused;
    EXPECT_NE(refused.find(fmt::format("write \"{}\"", host_ / "a")), std::string::npos) << refused;
  }
  EXPECT_EQ(refusal(host_ / "a", "/"), "");
}

TEST_F(Mounts, OneDirectoryInsideAnotherIsRefused) {
  ASSERT_TRUE(add(host_ / "a", "/"));
  const std::string wanted =
      fmt::format("\"{}\" lies inside \"{}\", which is mounted too; mount only one of them",
                  host_ / "a/b", host_ / "a");
  EXPECT_EQ(refusal(host_ / "a/b", "/b"), wanted);
  EXPECT_NE(refusal(host_.path(), "/all"), "");
  EXPECT_NE(refusal(host_ / "c/../a/b", "/b"), "") << "however it is spelled";
  EXPECT_EQ(refusal(host_ / "c", "/c"), "");
}

TEST_F(Mounts, AForbiddenDirectoryIsReachedFromNeitherSide) {
  table_.forbid(host_ / "a");
  table_.forbid(host_ / "c/later/state");
  EXPECT_NE(refusal(host_ / "a", "/x").find("lies in"), std::string::npos);
  EXPECT_NE(refusal(host_ / "a/b", "/x").find("lies in"), std::string::npos);
  EXPECT_NE(refusal(host_ / ".", "/x").find("holds"), std::string::npos);
  EXPECT_NE(refusal(host_ / "c", "/x", true).find("holds"), std::string::npos)
      << "what is not there yet would be made in it";
  std::filesystem::create_directory(host_ / "d");
  EXPECT_EQ(refusal(host_ / "d", "/x"), "");
}

TEST_F(Mounts, TheSameDirectoryNeedsTheSameRights) {
  ASSERT_TRUE(add(host_ / "a", "/one"));
  EXPECT_TRUE(add(host_ / "a/", "/two"));
  const std::string refused = refusal(host_ / "a", "/three", true);
  EXPECT_NE(refused.find("is mounted writable and, as"), std::string::npos) << refused;
}

TEST_F(Mounts, TheGuestPathMustBeAbsoluteAndPlain) {
  EXPECT_EQ(refusal(host_ / "a", "x"), "the guest path \"x\" is relative; write \"/x\"");
  EXPECT_NE(refusal(host_ / "a", "").find("is empty"), std::string::npos);
  EXPECT_NE(refusal(host_ / "a", "/x/../y").find("holds \"..\""), std::string::npos);
  EXPECT_NE(refusal(host_ / "a", "/..").find("holds \"..\""), std::string::npos);
  EXPECT_NE(refusal(host_ / "a", "//x"), "");
  EXPECT_NE(refusal(host_ / "a", "/\xff"), "");
  EXPECT_TRUE(table_.mounts().empty());
}

TEST_F(Mounts, AGuestPathIsMountedOnce) {
  ASSERT_TRUE(add(host_ / "a", "/x"));
  EXPECT_EQ(refusal(host_ / "c", "/x"), "the guest path \"/x\" is mounted twice; leave one out");
  EXPECT_NE(refusal(host_ / "c", "/x/."), "");
  EXPECT_EQ(refusal(host_ / "c", "/x/below"), "") << "a refused mount leaves no trace";
}

TEST_F(Mounts, AQuotaOnADirectoryThatAnotherCountsSaysWhoDoes) {
  MountTable other;
  for (MountTable* const table : {&table_, &other}) {
    QuotaOptions quota;
    quota.allowed = {1 << 20, 100};
    table->limit(std::make_shared<Ledger>(std::move(quota)));
  }
  ASSERT_TRUE(other.add({host_ / "a", "/", false}, {}));
  EXPECT_EQ(refusal(host_ / "a", "/"), "\"" + (host_ / "a") + "\" is in use by process " +
                                           std::to_string(::getpid()) +
                                           " with a quota; wait until that one has ended");
  EXPECT_EQ(refusal(host_ / "a", "/", true), "") << "who only reads counts nothing";
}

TEST_F(Mounts, AnyDirectoryCanBeMounted) {
  const SystemClock clock;
  ASSERT_TRUE(table_.add("/tmp", make_memory(clock, 1000), false));
  ASSERT_TRUE(table_.add("/ro", make_memory(clock, 1000), true));
  EXPECT_FALSE(table_.add("/tmp", make_memory(clock, 1000), false));
  EXPECT_EQ(Calls(*table_.mounts()[0].directory).mkdir("d"), Errno::success);
  EXPECT_EQ(Calls(*table_.mounts()[1].directory).mkdir("d"), Errno::perm);
}

}  // namespace
}  // namespace midimon::vfs
