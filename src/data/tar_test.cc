#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "data/archive.h"
#include "data/tar_export.h"
#include "data/tar_import.h"
#include "data/tree.h"
#include "vfs/test_support.h"

namespace midimon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

UniqueFd open_directory(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Everything that a round trip has to keep, as text, a line for each name.
std::vector<std::string> picture(const std::string& root) {
  std::vector<std::string> lines;
  const UniqueFd fd = open_directory(root);
  const auto resolver = vfs::make_openat2_resolver();
  const auto walked = walk(fd.get(), *resolver, [&](const Item& item) -> Result<void> {
    std::string line = std::string(item.path) + " " + std::to_string(item.info.st_mode) + " " +
                       std::to_string(item.info.st_mtim.tv_sec) + "." +
                       std::to_string(item.info.st_mtim.tv_nsec);
    const std::string path = root + "/" + std::string(item.path);
    if (S_ISREG(item.info.st_mode)) line += " " + vfs::read_host_file(path);
    if (S_ISLNK(item.info.st_mode)) line += " " + fs::read_symlink(path).string();
    lines.push_back(line);
    return {};
  });
  EXPECT_TRUE(walked) << walked.error().message;
  return lines;
}

class Tar : public ::testing::TestWithParam<vfs::ResolverKind> {
 protected:
  Tar() {
    fs::create_directory(temp_ / "from");
    empty_to();
  }
  void empty_to() const {
    fs::remove_all(temp_ / "to");
    fs::create_directory(temp_ / "to");
  }
  std::string from(const std::string& name) const { return temp_ / ("from/" + name); }
  std::string to(const std::string& name) const { return temp_ / ("to/" + name); }

  Result<Exported> save() const {
    const UniqueFd out(::open((temp_ / "tar").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    return export_tar(open_directory(temp_ / "from").get(), *vfs::make_resolver(GetParam()),
                      out.get());
  }
  Result<Imported> load(const vfs::QuotaUsage& allowed = {1 << 20, 100}) const {
    const UniqueFd in(::open((temp_ / "tar").c_str(), O_RDONLY));
    vfs::QuotaOptions options;
    options.allowed = allowed;
    return import_tar(in.get(), open_directory(temp_ / "to").get(), GetParam(),
                      std::make_shared<vfs::Ledger>(options));
  }
  std::string why_not(const vfs::QuotaUsage& allowed = {1 << 20, 100}) const {
    empty_to();
    const auto loaded = load(allowed);
    return loaded ? "it was taken" : loaded.error().message;
  }

  // Writes a tar file entry by entry, as somebody would who wants no good.
  struct Made {
    std::string path;
    unsigned type = AE_IFREG;
    std::string text = {};  // content of a file, target of a link
    std::function<void(archive_entry*)> change = {};
  };
  void make(const std::vector<Made>& entries) const {
    const Utf8Names names;
    const Writer writer(archive_write_new(), archive_write_free);
    archive_write_set_format_pax(writer.get());
    ASSERT_EQ(archive_write_open_filename(writer.get(), (temp_ / "tar").c_str()), ARCHIVE_OK);
    for (const Made& made : entries) {
      const ArchiveEntry entry(archive_entry_new(), archive_entry_free);
      archive_entry_set_pathname(entry.get(), made.path.c_str());
      archive_entry_set_filetype(entry.get(), made.type);
      archive_entry_set_perm(entry.get(), made.type == AE_IFDIR ? 0700 : 0600);
      archive_entry_set_size(entry.get(), made.type == AE_IFREG ? made.text.size() : 0);
      if (made.type == AE_IFLNK) archive_entry_set_symlink(entry.get(), made.text.c_str());
      if (made.change) made.change(entry.get());
      ASSERT_GE(archive_write_header(writer.get(), entry.get()), ARCHIVE_WARN) << made.path;
      if (made.type == AE_IFREG)
        archive_write_data(writer.get(), made.text.data(), made.text.size());
    }
    ASSERT_EQ(archive_write_close(writer.get()), ARCHIVE_OK);
  }

  vfs::TempDir temp_;
};

INSTANTIATE_TEST_SUITE_P(, Tar,
                         ::testing::Values(vfs::ResolverKind::openat2, vfs::ResolverKind::walker),
                         [](const auto& kind) {
                           return kind.param == vfs::ResolverKind::openat2 ? "Openat2" : "Walker";
                         });

TEST_P(Tar, ARoundTripKeepsContentModesTimesAndLinks) {
  vfs::write_host_file(from("file"), "text");
  vfs::write_host_file(from("empty"), "");
  vfs::write_host_file(from("big"), std::string(300'000, 'b'));
  ::chmod(from("file").c_str(), 0640);
  fs::create_directories(from("deep/er"));
  vfs::write_host_file(from("deep/er/\xC3\xA9\x1b\n"), "a name that fools");
  vfs::write_host_file(from("deep/" + std::string(200, 'n')), "a long name");
  fs::create_symlink("er", from("deep/link"));
  fs::create_symlink("nowhere", from("dangling"));
  fs::create_symlink(std::string(200, 't'), from("long"));
  ::chmod(from("deep/er").c_str(), 0750);
  for (const char* const name : {"file", "deep/link", "deep/er", "deep"}) {
    const timespec times[] = {{1, 2}, {1'000'000'000, 123'456'789}};
    ASSERT_EQ(::utimensat(AT_FDCWD, from(name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
  const auto saved = save();
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(saved->entries, 10U);
  EXPECT_THAT(saved->left_out, IsEmpty());
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(picture(temp_ / "to"), picture(temp_ / "from"));
  const auto disk = vfs::open_disk((temp_ / "to").c_str(), {});
  EXPECT_EQ(loaded->used, *vfs::scan_usage(**disk));
}

TEST_P(Tar, TheSameDirectoryGivesTheSameBytes) {
  vfs::write_host_file(from("b"), "1");
  vfs::write_host_file(from("a"), "2");
  ASSERT_TRUE(save());
  const std::string first = vfs::read_host_file(temp_ / "tar");
  ASSERT_TRUE(save());
  EXPECT_EQ(vfs::read_host_file(temp_ / "tar"), first);
}

TEST_P(Tar, LeavesOutWhatIsNoDataAndSaysSo) {
  vfs::write_host_file(temp_ / "secret", "secret");
  ASSERT_EQ(::mkfifo(from("fifo").c_str(), 0600), 0);
  fs::create_symlink("../secret", from("out"));
  fs::create_symlink("/etc/passwd", from("absolute"));
  fs::create_symlink(".", from("here"));
  fs::create_symlink("here/../secret", from("sly"));  // leads out by way of another link
  vfs::write_host_file(from("\xFF"), "not UTF-8");
  vfs::write_host_file(from("kept"), "kept");
  const auto saved = save();
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_THAT(saved->left_out,
              ElementsAre(HasSubstr("\"absolute\" is a symbolic link that leads out"),
                          HasSubstr("\"fifo\" is not a file"), HasSubstr("\"out\""),
                          HasSubstr("\"sly\""), HasSubstr("\"\\xff\" has a name")));
  EXPECT_EQ(vfs::read_host_file(temp_ / "tar").find("secret"), std::string::npos);
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->files, 1U);
}

TEST_P(Tar, AFileWithSeveralNamesIsWrittenUnderEach) {
  vfs::write_host_file(from("one"), "text");
  fs::create_hard_link(from("one"), from("two"));
  ASSERT_TRUE(save());
  ASSERT_TRUE(load());
  EXPECT_EQ(vfs::read_host_file(to("one")), "text");
  EXPECT_EQ(vfs::read_host_file(to("two")), "text");
  EXPECT_EQ(fs::hard_link_count(to("two")), 1U);
}

TEST_P(Tar, TakesDirectoriesThatAreNotInItAndDotsInNames) {
  make({{"./", AE_IFDIR}, {"./a//b/./file", AE_IFREG, "x"}, {"a/", AE_IFDIR}});
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(vfs::read_host_file(to("a/b/file")), "x");
  EXPECT_EQ(loaded->used.entries, 3U);
}

TEST_P(Tar, RefusesNamesThatLeadOut) {
  make({{"../x", AE_IFREG, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("\"../x\" has a name with \"..\""));
  make({{"a/../../x", AE_IFREG, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("with \"..\""));
  make({{"/etc/x", AE_IFREG, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("absolute"));
  EXPECT_FALSE(fs::exists(temp_ / "x"));
}

TEST_P(Tar, RefusesLinksThatLeadOut) {
  for (const char* const target : {"/etc", "..", "../x", "a/../../x", "./../x"}) {
    make({{"link", AE_IFLNK, target}});
    EXPECT_THAT(why_not(), HasSubstr("leads out")) << target;
  }
  make({{"d/link", AE_IFLNK, "../../x"}});
  EXPECT_THAT(why_not(), HasSubstr("leads out"));
  make({{"here", AE_IFLNK, "."}, {"sly", AE_IFLNK, "here/.."}});
  EXPECT_THAT(why_not(), HasSubstr("by way of others"));
  make({{"d/link", AE_IFLNK, "../x"}, {"loop", AE_IFLNK, "loop"}});
  EXPECT_EQ(why_not(), "it was taken");
}

TEST_P(Tar, NothingIsMadeThroughALink) {
  make({{"link", AE_IFLNK, "d"}, {"d/", AE_IFDIR}, {"link/file", AE_IFREG, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("below something that is no directory"));
  make({{"file", AE_IFREG, "x"}, {"file/x", AE_IFREG, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("below something that is no directory"));
}

TEST_P(Tar, RefusesOneNameTwice) {
  make({{"link", AE_IFLNK, "file"}, {"link", AE_IFREG, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("there twice"));
  make({{"file", AE_IFREG, "x"}, {"./file", AE_IFREG, "y"}});
  EXPECT_THAT(why_not(), HasSubstr("there twice"));
  make({{"d", AE_IFDIR}, {"d", AE_IFLNK, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("there twice"));
  make({{"f", AE_IFREG, "x"}, {"f", AE_IFDIR}});
  EXPECT_THAT(why_not(), HasSubstr("there twice"));
}

TEST_P(Tar, RefusesHardLinksDevicesAndFifos) {
  const auto hard = [](archive_entry* entry) { archive_entry_set_hardlink(entry, "one"); };
  make({{"one", AE_IFREG, "x"}, {"two", AE_IFREG, "", hard}});
  EXPECT_THAT(why_not(), HasSubstr("\"two\" is a hard link"));
  for (const unsigned type : {AE_IFCHR, AE_IFBLK, AE_IFIFO}) {
    make({{"odd", type}});
    EXPECT_THAT(why_not(), HasSubstr("\"odd\" is not a file, directory or symbolic link"));
  }
}

TEST_P(Tar, NoMoreIsMadeThanTheQuotaAllows) {
  make({{"a", AE_IFREG, std::string(5000, 'x')}, {"b", AE_IFREG, std::string(5000, 'x')}});
  EXPECT_EQ(why_not({2 * (8192 + 512), 2}), "it was taken");
  EXPECT_THAT(why_not({2 * (8192 + 512) - 1, 2}), HasSubstr("With \"b\" it holds more"));
  EXPECT_FALSE(fs::exists(to("b")) && fs::file_size(to("b")) > 0);
  EXPECT_THAT(why_not({1 << 20, 1}), HasSubstr("1 names"));
  make({{"a/b/c/d", AE_IFDIR}});
  EXPECT_THAT(why_not({1 << 20, 3}), HasSubstr("3 names"));
}

// A header that promises a terabyte, and a sparse file of one, end before a byte is written.
TEST_P(Tar, ABombEndsAtItsDeclaredSize) {
  const auto sparse = [](archive_entry* entry) {
    archive_entry_set_size(entry, 1LL << 40);
    archive_entry_sparse_add_entry(entry, 0, 1);
  };
  make({{"bomb", AE_IFREG, "x", sparse}});
  EXPECT_THAT(why_not(), HasSubstr("With \"bomb\" it holds more"));
  EXPECT_EQ(fs::file_size(to("bomb")), 0U);
}

TEST_P(Tar, HolesCountAndStay) {
  const auto sparse = [](archive_entry* entry) {
    archive_entry_set_size(entry, 100'000);
    archive_entry_sparse_add_entry(entry, 0, 1);
  };
  make({{"holes", AE_IFREG, "x", sparse}});
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(fs::file_size(to("holes")), 100'000U);
  EXPECT_EQ(loaded->used.bytes, 102'400U + 512U);
}

TEST_P(Tar, RefusesNamesThatNoPluginCouldHave) {
  make({{std::string(256, 'n'), AE_IFREG, "x"}});
  EXPECT_THAT(why_not(), HasSubstr("too long"));
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "d/";
  make({{deep, AE_IFDIR}});
  EXPECT_THAT(why_not({1 << 20, 1000}), HasSubstr("more than 99 directories deep"));
  make({{deep.substr(2), AE_IFDIR}});
  EXPECT_EQ(why_not({1 << 20, 1000}), "it was taken");
}

TEST_P(Tar, MissesAnEndThatIsNotThere) {
  make({{"zeros", AE_IFREG, std::string(4096, '\0')}, {"b", AE_IFREG, "b"}});
  const std::string whole = vfs::read_host_file(temp_ / "tar");
  // Cut at every block: wherever it ends, it is not taken for whole.
  std::size_t refused = 0;
  const std::size_t end = whole.find_last_not_of('\0') / 512 * 512 + 512;
  for (std::size_t size = 0; size <= end; size += 512) {
    vfs::write_host_file(temp_ / "tar", whole.substr(0, size));
    EXPECT_NE(why_not(), "it was taken") << size << " of " << end;
    ++refused;
  }
  EXPECT_GT(refused, 10U);
  vfs::write_host_file(temp_ / "tar", whole);
  EXPECT_EQ(why_not(), "it was taken");
}

TEST_P(Tar, SaysThatItIsNoTarFile) {
  vfs::write_host_file(temp_ / "tar", std::string(2000, 'x'));
  EXPECT_THAT(why_not(), HasSubstr("not a tar file"));
  vfs::write_host_file(temp_ / "tar", "\x1f\x8b\x08 compressed");
  EXPECT_THAT(why_not(), HasSubstr("unpacked first"));
}

// Bytes changed at random: whatever becomes of it, it stays within the directory and its quota.
TEST_P(Tar, ADamagedFileStaysWithinItsBounds) {
  make({{"a/", AE_IFDIR},
        {"a/\xC3\xA9", AE_IFREG, std::string(700, 'x')},
        {"link", AE_IFLNK, "a"},
        {"z", AE_IFREG, "z"}});
  const std::string whole = vfs::read_host_file(temp_ / "tar");
  std::uint64_t state = 42;
  const auto next = [&] {
    return (state = state * 6364136223846793005U + 1442695040888963407U) >> 33;
  };
  std::size_t taken = 0;
  for (int i = 0; i < 300; ++i) {
    std::string changed = whole;
    for (std::uint64_t n = 1 + next() % 4; n > 0; --n)
      changed[next() % 8192 % changed.size()] = static_cast<char>(next());
    vfs::write_host_file(temp_ / "tar", changed);
    taken += why_not({16'384, 6}) == "it was taken" ? 1 : 0;
    const auto disk = vfs::open_disk((temp_ / "to").c_str(), {});
    const auto used = vfs::scan_usage(**disk);
    ASSERT_TRUE(used);
    ASSERT_LE(used->bytes, 16'384U);
    ASSERT_LE(used->entries, 6U);
  }
  EXPECT_LT(taken, 300U);
  for (const auto& entry : fs::directory_iterator(temp_.path()))
    EXPECT_THAT(entry.path().filename().string(), ::testing::AnyOf("from", "to", "tar"));
}

}  // namespace
}  // namespace midimon::data
