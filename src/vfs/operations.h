// Random sequences of file system calls, for the differential test and the fuzzers. Who chooses is
// left open: a seed, or the bytes of a fuzzer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "vfs/file_system.h"

namespace midimon::vfs {

// The Choices class answers every question a generator has.
class Choices {
 public:
  virtual ~Choices() = default;
  // A number less than `end`, which is not 0.
  virtual std::uint64_t below(std::uint64_t end) = 0;
  bool one_in(std::uint64_t n) { return below(n) == 0; }
};

class SeededChoices final : public Choices {
 public:
  explicit SeededChoices(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t end) override { return random_() % end; }

 private:
  std::mt19937_64 random_;
};

// Takes as many bytes as a choice needs; 0 is chosen where there are none left.
class ByteChoices final : public Choices {
 public:
  explicit ByteChoices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint64_t below(std::uint64_t end) override {
    std::uint64_t number = 0;
    for (std::uint64_t rest = end - 1; rest > 0 && !bytes_.empty(); rest >>= 8U) {
      number = number << 8U | bytes_.front();
      bytes_ = bytes_.subspan(1);
    }
    return number % end;
  }
  [[nodiscard]] bool exhausted() const { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

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
inline constexpr int kCalls = static_cast<int>(Call::close) + 1;

// How many directories and how many files a sequence keeps open.
inline constexpr std::size_t kSlots = 3;

struct Step {
  Call call = Call::open;
  std::size_t slot = 0;   // of the directory, or of the file
  std::size_t other = 0;  // of the second directory, or where to keep what is opened
  std::string path = {};
  std::string second = {};  // path, or target
  OpenOptions options = {};
  std::uint64_t number = 0;
};

inline std::string describe(const Step& step) {
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

// What a write of `step` writes.
inline std::string text_of(const Step& step) {
  return std::string(step.number % 50, static_cast<char>('a' + step.number % 26));
}

// The Generator class makes steps, as `choices` decides.
class Generator {
 public:
  explicit Generator(Choices& choices) : choices_(choices) {}

  // Something to begin with, as steps like all others, so that shrinking can leave it out.
  static std::vector<Step> furnish();
  Step step();
  // Furniture, and `count` steps.
  std::vector<Step> sequence(int count);
  // A path as steps have them: likely to exist, likely to mean trouble.
  std::string path();

 private:
  std::string name();
  OpenOptions options();

  Choices& choices_;
};

inline std::vector<Step> Generator::furnish() {
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

inline std::vector<Step> Generator::sequence(int count) {
  std::vector<Step> steps = furnish();
  for (int i = 0; i < count; ++i)
    steps.push_back(step());
  return steps;
}

// Few names, so that calls meet; and now and then what no name is.
inline std::string Generator::name() {
  static constexpr std::array<const char*, 10> kNames = {"a", "b", "c", "d", "a",
                                                         "b", "c", "x", ".", ".."};
  if (choices_.one_in(200)) return choices_.one_in(2) ? std::string(256, 'n') : "\xFF";
  return kNames[choices_.below(kNames.size())];
}

inline std::string Generator::path() {
  static constexpr std::array<const char*, 9> kLikely = {"a",     "a/b",   "a/b/c", "c",    "a/c",
                                                         "a/b/a", "a/b/d", "a/d",   "d/new"};
  if (choices_.one_in(60)) return choices_.one_in(2) ? "" : "/a";
  std::string text = choices_.one_in(2) ? kLikely[choices_.below(kLikely.size())] : name();
  for (std::uint64_t more = choices_.below(5); more > 2; --more) {
    text.append(choices_.one_in(8) ? "//" : "/").append(name());
  }
  if (choices_.one_in(8)) text += choices_.one_in(2) ? "/" : "/.";
  return text;
}

inline OpenOptions Generator::options() {
  OpenOptions o{
      .read = !choices_.one_in(3), .write = choices_.one_in(2), .follow = choices_.one_in(2)};
  o.create = o.write && !choices_.one_in(3);
  o.exclusive = o.create && choices_.one_in(4);
  o.truncate = o.write && choices_.one_in(4);
  o.directory = choices_.one_in(o.create || o.truncate ? 40 : 4);
  return o;
}

inline Step Generator::step() {
  Step step;
  step.call = choices_.one_in(3) ? Call::open : static_cast<Call>(choices_.below(kCalls));
  step.slot = choices_.below(kSlots);
  step.other = choices_.below(kSlots);
  step.path = path();
  step.second = step.call == Call::symlink && choices_.one_in(20) ? "/abs" : path();
  step.options = options();
  step.number = choices_.below(6000);
  return step;
}

}  // namespace midimon::vfs
