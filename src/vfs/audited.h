// Reports what is done to files: a wrapper around any file system that tells a sink of every open,
// change and refusal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "audit/event.h"
#include "vfs/file_system.h"

namespace midimon::vfs {

// Who does it, and where: what every event of one mount has in common.
struct AuditSource {
  audit::Sink* sink = nullptr;  // required; outlives everything wrapped with this
  std::string plugin;
  std::string version;
  std::string mount;  // the guest path, "/" or "/shared"
};

// Bytes that the calling thread has moved through audited files. Whoever wants to know what one
// call moved takes the difference.
struct Transferred {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};
[[nodiscard]] const Transferred& transferred_by_this_thread();

// Wraps `directory` and all that is opened through it. Each of these is one event, whether it works
// or is refused: opening, creating, removing, renaming and linking names, cutting a file, setting
// times; a file's reads and writes are summed up in the event of its closing. Where the sink admits
// nothing, nothing is done (io). Looking (stat, list, read_link) is not reported. Owns `directory`;
// thread-safe as it.
[[nodiscard]] std::unique_ptr<Directory> make_audited(std::unique_ptr<Directory> directory,
                                                      std::shared_ptr<const AuditSource> source);

}  // namespace midimon::vfs
