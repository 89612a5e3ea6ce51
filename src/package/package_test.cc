#include "package/package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon::package {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::vector<File> files) {
  const auto package = Package::make(std::move(files));
  return package ? "no error" : package.error().message;
}

TEST(Package, KeepsFilesInTheOrderOfTheirNames) {
  const auto package = Package::make({{"presets/b.json", "2"},
                                      {"plugin.wasm", "module"},
                                      {"README.md", "hello"},
                                      {"presets/a.json", "1"},
                                      {"plugin.wasm.minisig", "signature"}});
  ASSERT_TRUE(package) << package.error().message;
  std::string names;
  for (const File& file : package->files())
    names += file.name + " ";
  EXPECT_EQ(names, "README.md plugin.wasm plugin.wasm.minisig presets/a.json presets/b.json ");
  EXPECT_EQ(package->module(), "module");
  EXPECT_EQ(package->text(kSignature), "signature");
  EXPECT_EQ(package->text(kSigner), std::nullopt);
  EXPECT_FALSE(package->manifest());
}

TEST(Package, NeedsAModule) {
  EXPECT_THAT(error_of({{"README.md", ""}}), HasSubstr("no plugin.wasm"));
  EXPECT_THAT(error_of({{"Plugin.wasm", ""}}), HasSubstr("no plugin.wasm"));
}

TEST(Package, RefusesNamesThatLeadElsewhereOrCannotBeEverywhere) {
  for (const char* name :
       {"",    ".",    "..",          "/",    "/etc/passwd", "../x",     "a/../b", "a/./b",
        "./a", "a//b", "a/",          "a\\b", "C:x",         ".hidden",  "a/.git", "-rf",
        "a.",  "a b",  "caf\xC3\xA9", "a\nb", "a\x1b[2J",    "a/b/c/d/e"}) {
    EXPECT_FALSE(check_name(name)) << name;
    EXPECT_THAT(error_of({{"plugin.wasm", ""}, {name, ""}}), HasSubstr("no name for a file"));
  }
  EXPECT_FALSE(check_name(std::string("a\0b", 3)));
  EXPECT_FALSE(check_name(std::string(kMaxComponentBytes + 1, 'a')));
  EXPECT_FALSE(check_name(std::string(64, 'a') + "/" + std::string(64, 'b') + "/" +
                          std::string(64, 'c') + "/" + std::string(64, 'd')));
  for (const char* name : {"a", "_", "a.b-c_d", "presets/Live.1.json", "a/b/c/d"})
    EXPECT_TRUE(check_name(name)) << name;
  EXPECT_TRUE(check_name(std::string(kMaxComponentBytes, 'a')));
}

TEST(Package, RefusesNamesThatAreOneWhereCaseDoesNotCount) {
  const auto clashes = [](const char* a, const char* b) {
    return error_of({{"plugin.wasm", ""}, {a, ""}, {b, ""}}).find("upper and lower case") !=
           std::string::npos;
  };
  EXPECT_TRUE(clashes("a", "a"));
  EXPECT_TRUE(clashes("README.md", "readme.MD"));
  EXPECT_TRUE(clashes("plugin.wasm.minisig", "Plugin.wasm.minisig"));
  EXPECT_TRUE(clashes("PLUGIN.WASM", "x"));
  EXPECT_TRUE(clashes("presets/a", "Presets/b")) << "two directories that would be one";
  EXPECT_TRUE(clashes("presets", "presets/a")) << "a file and a directory";
  EXPECT_TRUE(clashes("presets/a", "Presets")) << "the other way round";
  EXPECT_FALSE(clashes("presets/a", "presets/b"));
}

TEST(Package, RefusesTooManyFilesAndTooMuch) {
  std::vector<File> many = {{"plugin.wasm", ""}};
  for (std::size_t i = 1; i < kMaxFiles; ++i)
    many.push_back({"f" + std::to_string(i), ""});
  EXPECT_EQ(error_of(many), "no error");
  many.push_back({"one-more", ""});
  EXPECT_THAT(error_of(many), HasSubstr("more than 256 files"));
  EXPECT_EQ(error_of({{"plugin.wasm", std::string(kMaxTotalBytes, 'x')}}), "no error");
  EXPECT_THAT(error_of({{"plugin.wasm", std::string(kMaxTotalBytes, 'x')}, {"y", "y"}}),
              HasSubstr("more than 64MiB"));
}

TEST(Package, ReadsItsManifest) {
  const Manifest echo{"echo", "1.0.0-beta+5"};
  const auto package = Package::make({{"plugin.wasm", ""}, {"manifest.toml", to_toml(echo)}});
  ASSERT_TRUE(package) << package.error().message;
  EXPECT_EQ(package->manifest(), echo);
}

TEST(Package, SaysWhatIsWrongWithAManifest) {
  const auto error = [](const std::string& text) {
    return error_of({{"plugin.wasm", ""}, {"manifest.toml", text}});
  };
  EXPECT_THAT(error("format = 2\nid = \"a\"\nversion = \"1\"\n"), HasSubstr("manifest.toml:1:"));
  EXPECT_THAT(error("format = 1\nid = \"../a\"\nversion = \"1\"\n"), HasSubstr("manifest.toml:2:"));
  EXPECT_THAT(error("format = 1\nid = \"a\"\n"), HasSubstr("version"));
  EXPECT_THAT(error("format = 1\nid = \"a\"\nversion = \"" + std::string(129, '1') + "\"\n"),
              HasSubstr("at most 128"));
  EXPECT_THAT(error("format = 1\nid = \"a\"\nversion = \"1\"\nrun = true\n"), HasSubstr("run"));
  EXPECT_THAT(error("\x01"), HasSubstr("manifest.toml:1:1"));
  EXPECT_THAT(error(std::string(kMaxManifestBytes + 1, '#')), HasSubstr("64KiB"));
}

}  // namespace
}  // namespace midimon::package
