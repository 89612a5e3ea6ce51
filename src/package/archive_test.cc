#include "package/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon::package {
namespace {

using ::testing::HasSubstr;

// What an entry of a hostile archive is made of.
struct Entry {
  std::string name;
  std::string bytes;
  unsigned type = AE_IFREG;
  std::string link = {};
  bool hard = false;
};

enum class Pack { plain, gzip, gzip_twice, xz };

la_ssize_t append(struct archive* /*archive*/, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// An archive of whatever is asked for, in another format if `set_format` says so.
std::string archive_of(const std::vector<Entry>& entries, Pack pack = Pack::plain,
                       int (*set_format)(struct archive*) = archive_write_set_format_ustar) {
  struct archive* archive = ::archive_write_new();
  EXPECT_EQ(set_format(archive), ARCHIVE_OK);
  if (pack == Pack::gzip || pack == Pack::gzip_twice) ::archive_write_add_filter_gzip(archive);
  if (pack == Pack::gzip_twice) ::archive_write_add_filter_gzip(archive);
  if (pack == Pack::xz) ::archive_write_add_filter_xz(archive);
  std::string out;
  EXPECT_EQ(::archive_write_open(archive, &out, nullptr, append, nullptr), ARCHIVE_OK);
  for (const Entry& item : entries) {
    struct archive_entry* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, item.name.c_str());
    ::archive_entry_set_filetype(entry, item.type);
    ::archive_entry_set_perm(entry, 0644);
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(item.bytes.size()));
    if (item.hard) ::archive_entry_set_hardlink(entry, item.link.c_str());
    if (!item.hard && !item.link.empty()) ::archive_entry_set_symlink(entry, item.link.c_str());
    ::archive_write_header(archive, entry);
    ::archive_write_data(archive, item.bytes.data(), item.bytes.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_free(archive);
  return out;
}

const Entry kModuleEntry{"plugin.wasm", "module"};
const Entry kManifestEntry{"manifest.toml", "format = 1\nid = \"echo\"\nversion = \"1.0.0\"\n"};

// The error of an archive that would be good without `entry`.
std::string error_with(const Entry& entry) {
  const auto package = read_archive(archive_of({kModuleEntry, kManifestEntry, entry}));
  return package ? "no error" : package.error().message;
}

std::string error_of(std::string_view bytes) {
  const auto package = read_archive(bytes);
  return package ? "no error" : package.error().message;
}

Package example() {
  return Package::make({{"plugin.wasm", std::string(3000, 'w')},
                        {"plugin.wasm.minisig", "signature"},
                        {"README.md", "# echo\n"},
                        {"presets/empty", ""},
                        {"manifest.toml", kManifestEntry.bytes}})
      .value();
}

TEST(Archive, IsReadAsItWasWritten) {
  const auto bytes = write_archive(example());
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto again = read_archive(*bytes);
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->files().size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(again->files()[i].name, example().files()[i].name);
    EXPECT_EQ(again->files()[i].bytes, example().files()[i].bytes);
  }
}

TEST(Archive, TheSamePackageIsTheSameBytes) {
  const std::string once = write_archive(example()).value();
  const std::vector<File> files = example().files();
  std::vector<File> turned(files.rbegin(), files.rend());
  EXPECT_EQ(write_archive(Package::make(std::move(turned)).value()).value(), once);
  EXPECT_EQ(once.substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(once.substr(4, 4), std::string(4, '\0')) << "no time in it";
}

TEST(Archive, IsATarThatOtherProgramsMake) {
  for (const Pack pack : {Pack::plain, Pack::gzip}) {
    for (const auto format : {archive_write_set_format_ustar, archive_write_set_format_v7tar,
                              archive_write_set_format_gnutar}) {
      EXPECT_EQ(error_of(archive_of({kManifestEntry, kModuleEntry}, pack, format)), "no error");
    }
  }
}

TEST(Archive, IsNothingButATar) {
  EXPECT_THAT(error_of(""), HasSubstr("no tar file"));
  EXPECT_THAT(error_of("hello"), HasSubstr("no tar file"));
  const std::vector<Entry> good = {kModuleEntry, kManifestEntry};
  EXPECT_THAT(error_of(archive_of(good, Pack::plain, archive_write_set_format_zip)),
              HasSubstr("no tar file"));
  EXPECT_THAT(error_of(archive_of(good, Pack::plain, archive_write_set_format_7zip)),
              HasSubstr("no tar file"));
  EXPECT_THAT(error_of(archive_of(good, Pack::xz)), HasSubstr("no tar file"));
  EXPECT_THAT(error_of(archive_of(good, Pack::gzip_twice)), HasSubstr("no tar file"));
  EXPECT_THAT(error_of(archive_of({{"plugin.wasm", "x"}})), HasSubstr("no manifest.toml"));
}

TEST(Archive, RefusesWhatIsCutShort) {
  const std::string whole = write_archive(example()).value();
  const std::string plain = archive_of({kModuleEntry, kManifestEntry});
  EXPECT_NE(error_of(whole.substr(0, whole.size() / 2)), "no error");
  EXPECT_NE(error_of(plain.substr(0, 700)), "no error");
  for (std::size_t size = 0; size < 1024; size += 7)
    EXPECT_NE(error_of(plain.substr(0, size)), "no error") << size;
}

TEST(Archive, RefusesLinksDirectoriesAndDevices) {
  EXPECT_THAT(error_with({"link", "", AE_IFLNK, "/etc/passwd"}), HasSubstr("only plain files"));
  EXPECT_THAT(error_with({"link", "", AE_IFREG, "plugin.wasm", true}),
              HasSubstr("only plain files"));
  EXPECT_THAT(error_with({"presets", "", AE_IFDIR}), HasSubstr("only plain"));
  EXPECT_THAT(error_with({"fifo", "", AE_IFIFO}), HasSubstr("only plain files"));
  EXPECT_THAT(error_with({"null", "", AE_IFCHR}), HasSubstr("only plain files"));
  EXPECT_THAT(error_with({"disk", "", AE_IFBLK}), HasSubstr("only plain files"));
}

TEST(Archive, RefusesNamesThatLeadElsewhere) {
  for (const char* name :
       {"/etc/passwd", "../../etc/passwd", "a/../../b", "./x", ".bashrc", "caf\xC3\xA9", "a\\b"}) {
    EXPECT_THAT(error_with({name, "x"}), HasSubstr("name")) << name;
  }
  EXPECT_THAT(error_with({std::string(99, 'a'), "x"}), HasSubstr("no name for a file"));
  EXPECT_THAT(error_with({"\x1b[2J", "x"}), HasSubstr("\\x1b[2J"));
}

TEST(Archive, RefusesTheSameNameTwice) {
  EXPECT_THAT(error_with(kModuleEntry), HasSubstr("upper and lower case"));
  EXPECT_THAT(error_with({"Manifest.toml", ""}), HasSubstr("upper and lower case"));
}

TEST(Archive, RefusesTooManyFiles) {
  std::vector<Entry> entries = {kModuleEntry, kManifestEntry};
  while (entries.size() <= kMaxFiles)
    entries.push_back({"f" + std::to_string(entries.size()), ""});
  EXPECT_THAT(error_of(archive_of(entries)), HasSubstr("more than 256 files"));
  entries.pop_back();
  EXPECT_EQ(error_of(archive_of(entries)), "no error");
}

TEST(Archive, RefusesBombs) {
  const Entry zeros{"zeros", std::string(30UL * 1024 * 1024, '\0')};
  const std::string bomb = archive_of({kModuleEntry, kManifestEntry, zeros}, Pack::gzip);
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_THAT(error_of(bomb), HasSubstr("100 times as large"));
  EXPECT_EQ(error_of(archive_of({kModuleEntry, kManifestEntry, zeros})), "no error");
}

// Extended headers are where a reader of tars can be made to use much time and memory: for names,
// for attributes, and most of all for the maps of sparse files.
TEST(Archive, RefusesExtendedHeaders) {
  const Entry long_name{std::string(150, 'a'), "x"};
  for (const auto format : {archive_write_set_format_pax, archive_write_set_format_gnutar}) {
    EXPECT_THAT(error_of(archive_of({long_name}, Pack::gzip, format)), HasSubstr("extended"));
  }
  const std::string good = archive_of({kModuleEntry, kManifestEntry});
  for (const char type : std::string_view("SVMNDKLxgAX7")) {
    std::string tar = good;
    tar[156] = type;
    EXPECT_NE(error_of(tar), "no error") << type;
  }
}

TEST(Archive, RefusesSizesThatReadersDisagreeOn) {
  const std::string good = archive_of({kModuleEntry, kManifestEntry});
  for (const char* size : {"\x80\0\0\0\0\0\0\0\0\0\0\6", "      6    ", "00000000006\0",
                           "-0000000006", "77777777777", "0000000000x"}) {
    std::string tar = good;
    tar.replace(124, 12, std::string(size, 11) + std::string(1, size[0]));
    EXPECT_NE(error_of(tar), "no error") << size;
  }
}

TEST(Archive, HoldsNothingBehindItsEnd) {
  std::string tar = archive_of({kModuleEntry, kManifestEntry});
  EXPECT_EQ(error_of(tar + std::string(4096, '\0')), "no error");
  EXPECT_THAT(error_of(tar + "x"), HasSubstr("behind its end"));
  tar.back() = 'x';
  EXPECT_THAT(error_of(tar), HasSubstr("behind its end"));
}

TEST(Archive, RefusesBombsOfWhatIsNoFile) {
  // A hundred times as much after the end, where nobody would count it.
  const std::string tar = archive_of({kModuleEntry, kManifestEntry});
  const Entry zeros{"zeros", tar + std::string(80UL * 1024 * 1024, '\0')};
  struct archive* archive = ::archive_write_new();
  ::archive_write_set_format_raw(archive);
  ::archive_write_add_filter_gzip(archive);
  std::string out;
  ASSERT_EQ(::archive_write_open(archive, &out, nullptr, append, nullptr), ARCHIVE_OK);
  struct archive_entry* entry = ::archive_entry_new();
  ::archive_entry_set_filetype(entry, AE_IFREG);
  ::archive_write_header(archive, entry);
  ::archive_write_data(archive, zeros.bytes.data(), zeros.bytes.size());
  ::archive_entry_free(entry);
  ::archive_write_free(archive);
  EXPECT_THAT(error_of(out), HasSubstr("100 times as large"));
}

TEST(Archive, IsNotWrittenWhereItCouldNotBeRead) {
  const Package bare = Package::make({{"plugin.wasm", "module"}}).value();
  EXPECT_FALSE(write_archive(bare)) << "without a manifest";
}

}  // namespace
}  // namespace midimon::package
