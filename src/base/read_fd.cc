#include "base/read_fd.h"

#include <unistd.h>

#include <cerrno>
#include <vector>

namespace midimon {

std::optional<std::string> read_to_end(int fd, std::size_t max_bytes) {
  std::string bytes;
  std::vector<char> chunk(64UL * 1024);
  while (bytes.size() <= max_bytes) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {};
    if (count == 0) break;
    bytes.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return bytes;
}

}  // namespace midimon
