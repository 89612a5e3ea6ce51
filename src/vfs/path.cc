#include "vfs/path.h"

#include <cstring>

namespace midimon::vfs {
void Path::set_self() {
  text_[0] = '.';
  text_[1] = '\0';
  size_ = 1;
  name_ = 1;
  must_be_directory_ = true;
}

Errno Path::parse(std::string_view guest) {
  const Errno checked = guest.empty() ? Errno::noent : take(guest);
  if (checked != Errno::success || size_ == 0) set_self();
  return checked;
}

Errno Path::take(std::string_view guest) {
  if (guest.size() > kMaxPath) return Errno::nametoolong;
  if (std::memchr(guest.data(), '\0', guest.size()) != nullptr) return Errno::inval;
  if (guest.front() == '/') return Errno::perm;
  if (!is_utf8(guest)) return Errno::ilseq;

  size_ = 0;
  name_ = 0;
  int parents = 0;
  std::size_t at = 0;
  while (at < guest.size()) {
    std::size_t end = guest.find('/', at);
    must_be_directory_ = end != std::string_view::npos;
    if (end == std::string_view::npos) end = guest.size();
    const std::string_view component = guest.substr(at, end - at);
    at = end + 1;
    if (component == "." || component == "..") must_be_directory_ = true;
    if (component.empty() || component == ".") continue;
    if (component.size() > kMaxName) return Errno::nametoolong;
    if (component == ".." && ++parents > kMaxParents) return Errno::nametoolong;
    if (size_ > 0) text_[size_++] = '/';
    name_ = size_;
    std::memcpy(text_.data() + size_, component.data(), component.size());
    size_ = static_cast<std::uint16_t>(size_ + component.size());
  }
  text_[size_] = '\0';
  return Errno::success;
}

const char* Path::parent(Buffer& buffer) const {
  const std::string_view text =
      name_ > 1 && !is_self() ? view().substr(0, name_ - 1U) : std::string_view(".");
  std::memcpy(buffer.data(), text.data(), text.size());
  buffer[text.size()] = '\0';
  return buffer.data();
}

}  // namespace midimon::vfs
