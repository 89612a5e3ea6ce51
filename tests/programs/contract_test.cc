// What every program of tests/programs does, in each language and through both resolvers.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/programs/support.h"

namespace midimon::testing {
namespace {

namespace fs = std::filesystem;

struct Language {
  std::string name;
  std::string
      sort_memory;  // enough for sorting in runs; Go before 1.26 takes memory in large pieces
};

class Program : public ::testing::TestWithParam<std::tuple<Language, std::string>> {
 protected:
  [[nodiscard]] static std::string program() { return "program_" + language().name; }
  [[nodiscard]] static const Language& language() { return std::get<0>(GetParam()); }

  Root root_;

 private:
  WithResolver resolver_{std::get<1>(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(
    All, Program,
    ::testing::Combine(::testing::Values(Language{"c", "8MiB"}, Language{"cpp", "8MiB"},
                                         Language{"rust", "8MiB"}, Language{"go", "48MiB"},
                                         Language{"assemblyscript", "16MiB"}),
                       ::testing::Values("openat2", "walker")),
    [](const auto& values) {
      return std::get<0>(values.param).name + "_" + std::get<1>(values.param);
    });

std::vector<std::string> some_lines() {
  std::mt19937 random(1);  // NOLINT: the same lines each time
  std::vector<std::string> lines;
  for (int i = 0; i < 200'000; ++i) {
    std::string line(random() % 120, ' ');
    for (char& c : line)
      c = static_cast<char>(0x20 + random() % (0x100 - 0x20));
    lines.push_back(i % 10 == 9 ? lines[random() % lines.size()] : std::move(line));
  }
  lines.emplace_back(100'000, 'm');
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += line + "\n";
  return text;
}

TEST_P(Program, SortsALargeFileInLittleMemory) {
  std::vector<std::string> lines = some_lines();
  root_.add("lines.txt", joined(lines));
  const Finished run = root_.run(program(), {"sort", "/lines.txt", "/sorted.txt"}, {},
                                 {"--memory", language().sort_memory});
  EXPECT_EQ(run.status, 0) << run.err;
  std::sort(lines.begin(), lines.end());
  EXPECT_TRUE(read_text(root_.path("sorted.txt")) == joined(lines));
  std::set<std::string> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_.path()))
    left.insert(entry.path().filename());
  EXPECT_EQ(left, (std::set<std::string>{"lines.txt", "sorted.txt"}));
}

// Deep, wide, and with names that are long, not ASCII, or hold what separators look like.
void add_tree(const Root& root) {
  std::string deep = "deep";
  for (int i = 0; i < 30; ++i) {
    deep += "/level-" + std::to_string(i);
    root.add(deep + "/file-" + std::to_string(i) + ".txt", std::string(i, 'x'));
  }
  for (int i = 0; i < 400; ++i) {
    root.add("wide/a file of many, number " + std::to_string(i) + ".dat", std::to_string(i));
  }
  root.add("names/" + std::string(200, 'n') + ".long", "long");
  root.add("names/Ünïcödé \xF0\x9F\x8E\xB9.midi", "piano");
  root.add("names/back\\slash:colon.txt", "odd");
  root.add("names/no extension", "none");
  fs::create_directories(root.path("empty/emptier"));
  fs::create_symlink("../wide", root.path("names/to-a-directory.link"));
  fs::create_symlink("no extension", root.path("names/to-a-file.link"));
  fs::create_symlink("nowhere", root.path("names/dangling.link"));
}

std::multiset<std::string> manifest(const fs::path& top) {
  std::multiset<std::string> lines;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
    const std::string name = entry.path().lexically_relative(top).string();
    if (entry.is_symlink()) {
      lines.insert("l " + name + " -> " + fs::read_symlink(entry.path()).string());
    } else if (entry.is_directory()) {
      lines.insert("d " + name);
    } else {
      lines.insert("f " + std::to_string(entry.file_size()) + " " + name);
    }
  }
  return lines;
}

std::multiset<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::multiset<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.insert(line);
  return lines;
}

TEST_P(Program, WalksTheTreeThatIsThere) {
  add_tree(root_);
  for (const std::string directory : {"", "names"}) {
    const Finished run = root_.run(program(), {"walk", "/" + directory});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(lines_of(run.out), ::testing::ContainerEq(manifest(root_.path(directory))));
  }
}

// The name of each file and link, and what is in it.
using Contents = std::map<std::string, std::string>;

std::string content(const fs::directory_entry& entry) {
  return entry.is_symlink() ? "-> " + fs::read_symlink(entry.path()).string()
                            : read_text(entry.path());
}

Contents where_tidying_puts_them(const fs::path& top) {
  Contents contents;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    const fs::path& path = entry.path();
    const std::string extension = path.has_extension() ? path.extension().string() : ".none";
    contents[extension.substr(1) + "/" + path.filename().string()] = content(entry);
  }
  return contents;
}

TEST_P(Program, TidiesATreeAndLosesNothing) {
  add_tree(root_);
  const Contents expected = where_tidying_puts_them(root_.path());
  const Finished run = root_.run(program(), {"tidy", "/"});
  EXPECT_EQ(run.status, 0) << run.err;
  // Directories: deep and 30 below it, wide, names, empty and one in it.
  EXPECT_EQ(run.out, "moved " + std::to_string(expected.size()) + ", removed 35\n");
  Contents found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root_.path())) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    found[entry.path().lexically_relative(root_.path("by-kind")).string()] = content(entry);
  }
  EXPECT_THAT(found, ::testing::ContainerEq(expected));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_.path()), {}), 1);
}

TEST_P(Program, TidiesNothingThatIsReadOnly) {
  add_tree(root_);
  const std::multiset<std::string> before = manifest(root_.path());
  const Finished run = run_midimon(
      root_.scratch(),
      {"exec", "--dir", root_.path().string() + "::/:ro", guest(program()), "tidy", "/"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(manifest(root_.path()), before);
}

TEST_P(Program, ReachesWhatIsInsideAndNothingElse) {
  write_text(root_.outside("secret.txt"), "secret");
  root_.add("sub/inside.txt", "inside");
  fs::create_symlink("sub/inside.txt", root_.path("in"));
  fs::create_symlink("../secret.txt", root_.path("out"));
  fs::create_symlink("..", root_.path("up"));
  fs::create_symlink(root_.outside("secret.txt"), root_.path("absolute"));
  const std::vector<std::string> open = {"/sub/inside.txt", "/in", "/sub/../sub/inside.txt"};
  const std::vector<std::string> refused = {
      "/../secret.txt",   "/sub/../../secret.txt", "/out",       "/up/secret.txt", "/absolute",
      "/sub/inside.txt/", "/proc/self/environ",    "/etc/passwd"};
  std::vector<std::string> args = {"reach"};
  std::string expected;
  for (const std::string& path : open) {
    args.push_back(path);
    expected += path + ": open\n";
  }
  for (const std::string& path : refused) {
    args.push_back(path);
    expected += path + ": refused\n";
  }
  args.push_back(root_.outside("secret.txt"));
  expected += args.back() + ": refused\n";
  const Finished run = root_.run(program(), args);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, expected);
}

}  // namespace
}  // namespace midimon::testing
