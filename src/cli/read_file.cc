#include "cli/read_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/units.h"

namespace midimon::cli {

Result<std::vector<std::uint8_t>> read_file(const std::string& path, std::size_t max_bytes) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(ErrorCode::invalid, "Cannot read " + path + ": it is a directory.");
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const std::string reason = std::error_code(errno, std::generic_category()).message();
    return fail(ErrorCode::not_found, "Cannot read " + path + ": " + reason + ".");
  }
  // Read rather than asked for: a FIFO or /dev/stdin has no size.
  std::vector<std::uint8_t> bytes;
  std::vector<char> chunk(64UL * 1024);
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    if (bytes.size() + static_cast<std::size_t>(in.gcount()) > max_bytes) {
      return fail(ErrorCode::limit, fmt::format("{} is larger than {}, which is the most that is "
                                                "read.",
                                                path, format_bytes(max_bytes)));
    }
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + in.gcount());
  }
  return bytes;
}

}  // namespace midimon::cli
