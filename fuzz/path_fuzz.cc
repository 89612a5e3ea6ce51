// vfs::Path against a reference that splits, decodes and joins in the most naive way.
#include "vfs/path.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"

namespace midimon::fuzz {
namespace {

struct Reference {
  Errno error = Errno::success;
  std::vector<std::string> names;
  bool must_be_directory = false;
};

// One code point from the front of `text`, as the Unicode standard's table of well-formed sequences
// has it; 0 bytes where there is none.
std::size_t well_formed(std::string_view text) {
  const auto at = [text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U;
  };
  const unsigned a = at(0);
  const auto in = [](unsigned byte, unsigned low, unsigned high) {
    return byte >= low && byte <= high;
  };
  const auto tail = [&](std::size_t i) { return in(at(i), 0x80, 0xBF); };
  if (a <= 0x7F) return 1;
  if (in(a, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
  if (a == 0xE0) return in(at(1), 0xA0, 0xBF) && tail(2) ? 3 : 0;
  if (a == 0xED) return in(at(1), 0x80, 0x9F) && tail(2) ? 3 : 0;
  if (in(a, 0xE1, 0xEF)) return tail(1) && tail(2) ? 3 : 0;
  if (a == 0xF0) return in(at(1), 0x90, 0xBF) && tail(2) && tail(3) ? 4 : 0;
  if (in(a, 0xF1, 0xF3)) return tail(1) && tail(2) && tail(3) ? 4 : 0;
  if (a == 0xF4) return in(at(1), 0x80, 0x8F) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = well_formed(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// docs/wasi.md, "Paths".
Reference reference(const std::string& guest) {
  Reference result;
  const auto refuse = [&result](Errno why) {
    result.error = why;
    return result;
  };
  if (guest.empty()) return refuse(Errno::noent);
  if (guest.size() > 4095) return refuse(Errno::nametoolong);
  if (guest.find('\0') != std::string::npos) return refuse(Errno::inval);
  if (guest[0] == '/') return refuse(Errno::perm);
  if (!is_text(guest)) return refuse(Errno::ilseq);
  std::vector<std::string> all(1);
  for (const char c : guest) {
    if (c == '/') {
      all.emplace_back();
    } else {
      all.back() += c;
    }
  }
  const std::string& last = all.back();
  result.must_be_directory = last.empty() || last == "." || last == "..";
  int parents = 0;
  for (const std::string& name : all) {
    if (name.size() > 255) return refuse(Errno::nametoolong);
    if (name == "..") ++parents;
    if (!name.empty() && name != ".") result.names.push_back(name);
  }
  return parents > 128 ? refuse(Errno::nametoolong) : result;
}

std::string joined(const std::vector<std::string>& names, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0 ? "" : "/") + names[i];
  return count == 0 ? "." : text;
}

void compare(const vfs::Path& path, const Reference& wanted) {
  const auto& names = wanted.names;
  const bool self = names.empty();
  check(path.view() == joined(names, names.size()), "a path is its names, joined by slashes");
  check(path.view() == path.c_str(), "a path ends in a NUL");
  check(path.is_self() == self, "a path without names is the directory itself");
  check(path.name() == (self ? "" : names.back()), "the last name");
  if (!self) check(path.name() == path.name_c_str(), "the last name ends in a NUL");
  check(path.has_no_name() == (self || names.back() == ".."), "\"..\" is not a name");
  check(path.is_single_name() == (names.size() == 1 && names[0] != ".."), "a single name");
  check(path.must_be_directory() == wanted.must_be_directory, "a slash at the end is remembered");
  vfs::Path::Buffer buffer;
  check(path.parent(buffer) == joined(names, self ? 0 : names.size() - 1), "the parent");
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  const std::string guest(data, data + size);
  const fuzz::Reference wanted = fuzz::reference(guest);
  vfs::Path path;
  fuzz::check(path.parse(guest) == wanted.error,
              "a path is refused exactly for what is documented");
  if (wanted.error != Errno::success) {
    fuzz::check(path.view() == "." && path.is_self(), "a refused path is \".\"");
    return 0;
  }
  fuzz::compare(path, wanted);
  vfs::Path again;
  fuzz::check(again.parse(path.view()) == Errno::success && again.view() == path.view(),
              "a path that was read is read again as itself");
  return 0;
}
