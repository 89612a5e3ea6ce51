// Four file systems get the same random calls and have to give the same answers: `disk` with either
// resolver, `memory`, and the kernel itself. MIDIMON_DIFF_SEED sets the first seed,
// MIDIMON_DIFF_ROUNDS how many sequences (by default as many as two seconds allow).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vfs/operations.h"
#include "vfs/posix_world.h"
#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

// --- Carrying them out ---------------------------------------------------------------------------

// The World class is one of the file systems, with a few open files and directories.
class World {
 public:
  World(std::string name, std::unique_ptr<Directory> root) : name_(std::move(name)) {
    directories_[0] = std::move(root);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  // Carries out `step` and says in one line what came of it.
  std::string run(const Step& step);
  // All there is, file by file.
  std::string dump() { return dump(*directories_[0], ""); }

 private:
  Directory& directory(std::size_t slot) {
    return directories_[slot] != nullptr ? *directories_[slot] : *directories_[0];
  }
  std::string open(Calls& fs, const Step& step);
  std::string on_file(const Step& step);
  static std::string told(const ErrnoOr<Stat>& answer);
  std::string dump(Directory& at, const std::string& prefix);

  std::string name_;
  std::array<std::unique_ptr<Directory>, kSlots> directories_;  // the first is the root and stays
  std::array<std::unique_ptr<File>, kSlots> files_;
};

// Of directories, sizes and links are each file system's own affair.
std::string World::told(const ErrnoOr<Stat>& answer) {
  if (!answer) return std::string(to_string(answer.error()));
  std::string type = fmt::format("type {}", static_cast<int>(answer->type));
  if (answer->type == FileType::directory) return type;
  return fmt::format("{} size {} links {}", type, answer->size, answer->links);
}

std::string World::open(Calls& fs, const Step& step) {
  auto node = fs.node(step.path, step.options);
  if (!node) return std::string(to_string(node.error()));
  if (auto* file = std::get_if<std::unique_ptr<File>>(&*node)) {
    files_[step.other] = std::move(*file);
    return fmt::format("file {}", told(files_[step.other]->stat()));
  }
  auto& opened = std::get<std::unique_ptr<Directory>>(*node);
  if (step.other != 0) directories_[step.other] = std::move(opened);
  return "directory";
}

std::string World::run(const Step& step) {
  Calls fs(directory(step.slot));
  switch (step.call) {
    case Call::open:
      return open(fs, step);
    case Call::stat:
      return told(fs.stat(step.path, step.options.follow));
    case Call::mkdir:
      return std::string(to_string(fs.mkdir(step.path)));
    case Call::rmdir:
      return std::string(to_string(fs.rmdir(step.path)));
    case Call::unlink:
      return std::string(to_string(fs.unlink(step.path)));
    case Call::rename:
      return std::string(to_string(fs.rename(step.path, directory(step.other), step.second)));
    case Call::link:
      return std::string(to_string(fs.link(step.path, directory(step.other), step.second)));
    case Call::symlink:
      return std::string(to_string(fs.symlink(step.second, step.path)));
    case Call::read_link: {
      const auto target = fs.read_link(step.path);
      return target ? fmt::format("-> {}", *target) : std::string(to_string(target.error()));
    }
    case Call::set_times: {
      const Nanos time(step.number);
      const Errno set = fs.set_times(step.path, step.options.follow, {KeepTime{}, time});
      const auto info = fs.stat(step.path, step.options.follow);
      const bool kept = info && info->modified == time;
      return std::string(to_string(set)) + (set == Errno::success && !kept ? " but not set" : "");
    }
    case Call::list: {
      std::string all;
      for (const std::string& entry : names_in(directory(step.slot)))
        all += entry + " ";
      return all;
    }
    default:
      return on_file(step);
  }
}

std::string World::on_file(const Step& step) {
  if (files_[step.slot] == nullptr) return "no file";
  File& file = *files_[step.slot];
  const std::string text = text_of(step);
  switch (step.call) {
    case Call::write: {
      const auto put = write_text(file, text, step.number);
      return put ? std::to_string(*put) : std::string(to_string(put.error()));
    }
    case Call::read: {
      const auto got = read_text(file, step.number % 100, step.number / 2);
      return got ? fmt::format("read {}", *got) : std::string(to_string(got.error()));
    }
    case Call::append: {
      const iovec buffers[] = {as_iovec(text), as_iovec("+")};
      const auto put = file.append(buffers);
      if (!put) return std::string(to_string(put.error()));
      return std::to_string(*put);
    }
    case Call::set_size: {
      const Errno set = file.set_size(step.number);
      return fmt::format("{} {}", to_string(set), told(file.stat()));
    }
    case Call::allocate: {
      const Errno done = file.allocate(step.number, step.number % 64);
      return fmt::format("{} {}", to_string(done), told(file.stat()));
    }
    default:
      files_[step.slot].reset();
      return "closed";
  }
}

std::string World::dump(Directory& at, const std::string& prefix) {
  std::string all;
  Calls fs(at);
  for (const std::string& name : names_in(at)) {
    const auto info = fs.stat(name);
    all += prefix + name + " " + told(info);
    if (info && info->type == FileType::regular_file) all += fmt::format(" \"{}\"", fs.get(name));
    if (info && info->type == FileType::symbolic_link) {
      all += " -> " + fs.read_link(name).value_or("?");
    }
    all += "\n";
    if (info && info->type == FileType::directory) {
      all += dump(*fs.directory(name), prefix + name + "/");
    }
  }
  return all;
}

// --- Comparing -----------------------------------------------------------------------------------

std::unique_ptr<Directory> make_disk(const TempDir& dir, ResolverKind kind) {
  return std::move(*open_disk(dir.path().c_str(), {.owner_only = true, .resolver = kind}));
}

bool always(const Step&) {
  return true;
}
bool means_directory(const std::string& path) {
  return path.ends_with('/') || path.ends_with("/.");
}
bool first_means_directory(const Step& step) {
  return means_directory(step.path);
}
bool second_means_directory(const Step& step) {
  return means_directory(step.second);
}

// Where midimon means to answer otherwise than the kernel. Both refuse; only the reason given
// differs. (What midimon reads otherwise or refuses alone is in posix_world.h.)
struct Difference {
  Call call;
  bool (*when)(const Step&);
  std::string_view posix;  // empty: whatever it refuses with
  std::string_view ours;   // the same
  const char* why;
};
constexpr Difference kDifferences[] = {
    {Call::rmdir, always, "notempty", "inval", "what ends in \"..\" names nothing, as \".\" does"},
    {Call::open, first_means_directory, "isdir", "",
     "the kernel creates nothing that ends in a slash and does not look; midimon says what is "
     "there"},
    {Call::link, second_means_directory, "exist", "notdir", "the new name is that of a file"},
    {Call::symlink, first_means_directory, "exist", "notdir", "the same"},
    {Call::rename, always, "", "busy",
     "a path without a name is refused before the second is read"},
};

bool refuses(std::string_view answer) {
  return answer != "success" && answer != "directory" && !answer.starts_with("file ");
}

bool on_purpose(const Step& step, std::string_view posix, std::string_view ours) {
  if (!refuses(posix) || !refuses(ours)) return false;
  return std::any_of(std::begin(kDifferences), std::end(kDifferences), [&](const Difference& d) {
    return d.call == step.call && d.when(step) && (d.posix.empty() || d.posix == posix) &&
           (d.ours.empty() || d.ours == ours);
  });
}

class Worlds {
 public:
  // Carries out `step` in all of them; says where they disagree.
  std::optional<std::string> run(const Step& step) {
    const std::string posix = posix_.run(step);
    return compare(describe(step), posix, [&](World& world) {
      std::string answer = world.run(step);
      return on_purpose(step, posix, answer) ? posix : answer;
    });
  }
  std::optional<std::string> compare_trees() {
    return compare("the trees at the end:", "\n" + posix_.dump(),
                   [](World& world) { return "\n" + world.dump(); });
  }

 private:
  template <typename Ask>
  std::optional<std::string> compare(const std::string& what, const std::string& posix, Ask ask) {
    bool agree = true;
    std::string all = fmt::format("{}\n  posix: {}\n", what, posix);
    for (World& world : ours_) {
      const std::string answer = ask(world);
      agree = agree && answer == posix;
      all += fmt::format("  {}: {}\n", world.name(), answer);
    }
    return agree ? std::nullopt : std::optional(all);
  }

  TempDir first_;
  TempDir second_;
  SystemClock clock_;
  PosixWorld posix_;
  std::array<World, 3> ours_ = {World("openat2", make_disk(first_, ResolverKind::openat2)),
                                World("walker", make_disk(second_, ResolverKind::walker)),
                                World("memory", make_memory(clock_, 1 << 20))};
};

// Carries out `steps` everywhere; says where there is the first disagreement.
std::optional<std::string> disagreement(const std::vector<Step>& steps) {
  Worlds worlds;
  for (const Step& step : steps) {
    if (auto differs = worlds.run(step)) return differs;
  }
  return worlds.compare_trees();
}

// Leaves out steps for as long as the rest still disagrees.
std::vector<Step> shrink(std::vector<Step> steps) {
  for (std::size_t size = steps.size() / 2; size > 0; size /= 2) {
    for (std::size_t at = 0; at + size <= steps.size();) {
      std::vector<Step> fewer = steps;
      const auto start = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(start, start + static_cast<std::ptrdiff_t>(size));
      if (disagreement(fewer)) {
        steps = std::move(fewer);
      } else {
        at += size;
      }
    }
  }
  return steps;
}

std::string report(std::uint64_t seed, const std::vector<Step>& steps) {
  const std::vector<Step> fewest = shrink(steps);
  std::string text = fmt::format("MIDIMON_DIFF_SEED={}; the shortest sequence:\n", seed);
  for (const Step& step : fewest)
    text += fmt::format("  {}\n", describe(step));
  return text + "the disagreement: " + disagreement(fewest).value_or("(gone: a race?)");
}

TEST(Differential, DiskAndMemoryAgreeWithTheKernel) {
  const std::uint64_t first = env_number("MIDIMON_DIFF_SEED", 1);
  const std::uint64_t rounds = env_number("MIDIMON_DIFF_ROUNDS", 0);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  for (std::uint64_t i = 0; rounds > 0 ? i < rounds : std::chrono::steady_clock::now() < end; ++i) {
    SeededChoices choices(first + i);
    const std::vector<Step> steps = Generator(choices).sequence(40);
    if (i > 0 && i % 1000 == 0) std::cout << i << " sequences agree\n" << std::flush;
    if (disagreement(steps)) FAIL() << report(first + i, steps);
  }
}

}  // namespace
}  // namespace midimon::vfs
