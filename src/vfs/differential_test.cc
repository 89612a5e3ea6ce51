// Three file systems get the same random calls and have to give the same answers: `disk` with
// either resolver, and `memory`. MIDIMON_DIFF_SEED sets the first seed, MIDIMON_DIFF_ROUNDS how
// many sequences (by default as many as two seconds allow).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

enum class Call {
  open,
  stat,
  mkdir,
  rmdir,
  unlink,
  rename,
  link,
  symlink,
  read_link,
  set_times,
  list,
  write,
  read,
  append,
  set_size,
  allocate,
  close,
};
constexpr int kCalls = static_cast<int>(Call::close) + 1;

struct Step {
  Call call = Call::open;
  std::size_t slot = 0;  // of the directory, or of the file
  std::size_t other = 0;
  std::string path = {};
  std::string second = {};  // path, or target
  OpenOptions options = {};
  std::uint64_t number = 0;
};

std::string describe(const Step& step) {
  static constexpr std::array<const char*, kCalls> kNames = {
      "open", "stat",    "mkdir",     "rmdir",     "unlink", "rename",
      "link", "symlink", "read_link", "set_times", "list",   "write",
      "read", "append",  "set_size",  "allocate",  "close"};
  const OpenOptions& o = step.options;
  std::ostringstream out;
  out << kNames[static_cast<std::size_t>(step.call)] << " slot=" << step.slot
      << " other=" << step.other << " \"" << step.path << "\" \"" << step.second
      << "\" number=" << step.number << (o.read ? " read" : "") << (o.write ? " write" : "")
      << (o.create ? " create" : "") << (o.exclusive ? " exclusive" : "")
      << (o.truncate ? " truncate" : "") << (o.directory ? " directory" : "")
      << (o.follow ? " follow" : "");
  return out.str();
}

// --- Making steps --------------------------------------------------------------------------------

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::vector<Step> sequence() {
    std::vector<Step> steps = furnish();
    for (int i = 0; i < 40; ++i)
      steps.push_back(make());
    return steps;
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // Something to begin with, as steps like all others, so that shrinking can leave it out.
  static std::vector<Step> furnish() {
    const OpenOptions create{.read = true, .write = true, .create = true};
    return {{.call = Call::mkdir, .path = "a"},
            {.call = Call::mkdir, .path = "a/b"},
            {.call = Call::mkdir, .path = "a/b/c"},
            {.call = Call::open, .other = 0, .path = "c", .options = create},
            {.call = Call::open, .other = 1, .path = "a/c", .options = create},
            {.call = Call::open, .other = 2, .path = "a/b/a", .options = create},
            {.call = Call::symlink, .path = "d", .second = "a/b"},
            {.call = Call::symlink, .path = "a/d", .second = "../c"},
            {.call = Call::symlink, .path = "a/b/d", .second = "../../a/x/"}};
  }
  // Few names, so that calls meet; and now and then what no name is.
  std::string name() {
    static constexpr std::array<const char*, 10> kNames = {"a", "b", "c", "d", "a",
                                                           "b", "c", "x", ".", ".."};
    return kNames[below(kNames.size())];
  }
  std::string path() {
    static constexpr std::array<const char*, 9> kLikely = {"a",     "a/b",   "a/b/c", "c",    "a/c",
                                                           "a/b/a", "a/b/d", "a/d",   "d/new"};
    if (one_in(60)) return one_in(2) ? "" : "/a";
    std::string text = one_in(2) ? kLikely[below(kLikely.size())] : name();
    for (std::uint64_t more = below(5); more > 2; --more) {
      text.append(one_in(8) ? "//" : "/").append(name());
    }
    if (one_in(8)) text += one_in(2) ? "/" : "/.";
    return text;
  }
  OpenOptions options() {
    OpenOptions o{.read = !one_in(3), .write = one_in(2), .follow = one_in(2)};
    o.create = o.write && !one_in(3);
    o.exclusive = o.create && one_in(4);
    o.truncate = o.write && one_in(4);
    o.directory = one_in(o.create || o.truncate ? 40 : 4);
    return o;
  }
  Step make() {
    Step step;
    step.call = one_in(3) ? Call::open : static_cast<Call>(below(kCalls));
    step.slot = below(3);
    step.other = below(3);
    step.path = path();
    step.second = step.call == Call::symlink && one_in(20) ? "/abs" : path();
    step.options = options();
    step.number = below(6000);
    return step;
  }

  std::mt19937_64 random_;
};

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
  std::array<std::unique_ptr<Directory>, 3> directories_;  // the first is the root and stays
  std::array<std::unique_ptr<File>, 3> files_;
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
  const std::string text(step.number % 50, static_cast<char>('a' + step.number % 26));
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
      return fmt::format("{} to {}", put->bytes, put->end);
    }
    case Call::set_size:
      return std::string(to_string(file.set_size(step.number))) + " " + told(file.stat());
    case Call::allocate:
      return std::string(to_string(file.allocate(step.number, step.number % 64))) + " " +
             told(file.stat());
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

// Carries out `steps` on all three; says where they first disagree.
std::optional<std::string> disagreement(const std::vector<Step>& steps) {
  const TempDir first;
  const TempDir second;
  const SystemClock clock;
  World worlds[] = {{"openat2", make_disk(first, ResolverKind::openat2)},
                    {"walker", make_disk(second, ResolverKind::walker)},
                    {"memory", make_memory(clock, 1 << 20)}};
  const auto compare = [&worlds](const std::string& what, auto ask) -> std::optional<std::string> {
    std::array<std::string, 3> answers;
    for (std::size_t i = 0; i < answers.size(); ++i)
      answers[i] = ask(worlds[i]);
    if (answers[0] == answers[1] && answers[0] == answers[2]) return std::nullopt;
    std::string all = what + "\n";
    for (std::size_t i = 0; i < 3; ++i)
      all += fmt::format("  {}: {}\n", worlds[i].name(), answers[i]);
    return all;
  };
  for (const Step& step : steps) {
    auto differs = compare(describe(step), [&step](World& world) { return world.run(step); });
    if (differs) return differs;
  }
  return compare("the trees at the end:",
                 [](World& world) { return fmt::format("\n{}", world.dump()); });
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

TEST(Differential, DiskAndMemoryAgree) {
  const std::uint64_t first = env_number("MIDIMON_DIFF_SEED", 1);
  const std::uint64_t rounds = env_number("MIDIMON_DIFF_ROUNDS", 0);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  for (std::uint64_t i = 0; rounds > 0 ? i < rounds : std::chrono::steady_clock::now() < end; ++i) {
    const std::vector<Step> steps = Generator(first + i).sequence();
    if (disagreement(steps)) FAIL() << report(first + i, steps);
  }
}

}  // namespace
}  // namespace midimon::vfs
