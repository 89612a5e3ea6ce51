// The Context class is the WASI state of one instance: its arguments, environment, descriptors and
// clocks. The host functions in the table (table.h) work on it. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "vfs/file_system.h"
#include "wasi/fd_table.h"
#include "wasi/streams.h"

namespace midimon::wasi {

// A directory that the guest finds open when it starts. Both outlive the context.
struct Preopen {
  std::string guest_path;  // "/", "/shared"
  vfs::Directory* directory = nullptr;
};

struct ContextOptions {
  std::vector<std::string> args;
  std::vector<std::string> env;  // "NAME=value"
  const std::vector<Preopen>* preopens = nullptr;
  InputStream* input = nullptr;  // these three may be null: then the descriptor is closed
  OutputStream* output = nullptr;
  OutputStream* error = nullptr;
  const Clock* clock = nullptr;  // required
  std::size_t max_open_files = 64;
};

class Context {
 public:
  explicit Context(ContextOptions options);

  [[nodiscard]] const std::vector<std::string>& args() const { return options_.args; }
  [[nodiscard]] const std::vector<std::string>& env() const { return options_.env; }
  [[nodiscard]] const Clock& clock() const { return *options_.clock; }
  [[nodiscard]] FdTable& fds() { return fds_; }

 private:
  ContextOptions options_;
  FdTable fds_;
};

// What host calls cost the guest, in fuel: about the instructions it could have run meanwhile.
namespace cost {
inline constexpr std::uint64_t kCall = 25;          // no system call
inline constexpr std::uint64_t kSystemCall = 500;   // one on an open descriptor
inline constexpr std::uint64_t kPath = 1'500;       // resolving a path
inline constexpr std::uint64_t kEntry = 50;         // one directory entry
inline constexpr std::uint64_t kSync = 500'000;     // waiting for the disk
inline constexpr std::uint64_t kBytesPerFuel = 16;  // moving bytes
}  // namespace cost

}  // namespace midimon::wasi
