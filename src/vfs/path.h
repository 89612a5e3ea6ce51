// The Path class is a guest's path once it has been checked: relative, UTF-8, without NUL, bounded
// in length, its names separated by single slashes.
//
// It may hold "..": what a ".." means depends on the links before it, so only a resolver can say.
// What a Path cannot hold is an absolute path, an empty name or a ".".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/errno.h"
#include "base/text.h"

namespace midimon::vfs {

inline constexpr std::size_t kMaxPath = 4095;  // bytes, as PATH_MAX less its NUL
inline constexpr std::size_t kMaxName = 255;   // bytes, as NAME_MAX
inline constexpr int kMaxParents = 128;        // ".." in one path

class Path {
 public:
  // The directory itself, ".".
  Path() { set_self(); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  // Checks `guest` and becomes it. Errors: noent (empty), perm (absolute), inval (holds a NUL),
  // ilseq (not UTF-8), nametoolong (the path, a name in it, or its number of ".." is over the
  // limit); after an error this is ".".
  [[nodiscard]] Errno parse(std::string_view guest);

  // "a/../b"; "." for the directory itself. NUL-terminated.
  [[nodiscard]] const char* c_str() const { return text_.data(); }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

  // True for "." and the like: no names at all.
  [[nodiscard]] bool is_self() const { return name_ == size_; }
  // True where the last component is "..", or there is none: such a path has no name to change.
  [[nodiscard]] bool has_no_name() const { return is_self() || name() == ".."; }
  // True for exactly one component that is a name: it needs no resolving.
  [[nodiscard]] bool is_single_name() const { return name_ == 0 && !has_no_name(); }

  // The last component; empty when is_self(). NUL-terminated.
  [[nodiscard]] std::string_view name() const {
    return is_self() ? std::string_view{} : view().substr(name_);
  }
  [[nodiscard]] const char* name_c_str() const { return text_.data() + name_; }

  // Everything before the last component: "a/.." of "a/../b", "." of "b".
  // NUL-terminated, written to `buffer`.
  using Buffer = std::array<char, kMaxPath + 1>;
  const char* parent(Buffer& buffer) const;

  // The guest ended the path in "/" or "/.": whatever it names must be a directory.
  [[nodiscard]] bool must_be_directory() const { return must_be_directory_; }

 private:
  void set_self();
  [[nodiscard]] Errno take(std::string_view guest);

  // Left uninitialized past size_: a Path is made for every call, and 4 KiB of zeros are not free.
  std::array<char, kMaxPath + 1> text_;
  std::uint16_t size_ = 0;
  std::uint16_t name_ = 0;  // where the last component starts
  bool must_be_directory_ = false;
};

using midimon::is_utf8;

}  // namespace midimon::vfs
