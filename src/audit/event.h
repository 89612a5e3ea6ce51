// What a plugin did, in one vocabulary: `vfs` and `plugins` report it, the journal keeps it,
// programs that embed the library see it. Contents of files are never part of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/errno.h"

namespace midimon::audit {

enum class EventKind : std::uint8_t {
  load,              // of a plugin: `detail` is the SHA-256 of its module, in hex
  refuse,            // to load or install one: `detail` is the verdict on its signature
  install,           // a version came into use: `detail` is as with `load`
  uninstall,         //
  call,              // `detail` is the action
  end,               // of that call: `detail` is its outcome; fuel, duration, memory, bytes
  open,              // an existing file or directory was asked for
  create,            // a file that was not there
  close,             // of a file: the bytes read and written through it
  unlink,            // a name of a file or symbolic link
  rename,            // to `target`
  link,              // `target` is the new name
  symlink,           // `path` is the new name, `target` the text it holds
  truncate,          // to `size` bytes; also by opening
  set_times,         //
  make_directory,    //
  remove_directory,  //
  quota_warning,  // `used` of `allowed` bytes or entries (`detail` says which), once per crossing
  quota_hit,      // something was refused, or cut short, for lack of room
  deny,           // of something that was not granted: `detail` is the grant it would take;
                  // with the result `again` it is granted, and was done too often
  lost,           // `count` events are missing here: they came faster than they could be kept
  resume,         // the journal goes on after an end that was not clean
};

// "make_directory", as in the journal.
[[nodiscard]] std::string_view to_string(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind(std::string_view name);

// One event. The texts are the guest's or the host's, unescaped, and valid during the call that
// hands the event on. What does not apply is empty or zero.
struct Event {
  EventKind kind = EventKind::open;
  Errno result = Errno::success;  // of the operation
  Nanos time{};                   // since 1970; the recorder stamps an event that has none
  std::string_view plugin;        // its id
  std::string_view version;
  std::string_view mount;      // the guest path of the mount: "/", "/shared"
  std::string_view directory;  // below the mount, as it was opened; empty for the mount itself
  std::string_view path;       // below `directory`, as the guest gave it
  std::string_view target_directory;
  std::string_view target;
  std::string_view detail;
  std::uint64_t size = 0;  // bytes
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t fuel = 0;
  std::uint64_t duration = 0;     // ns
  std::uint64_t memory_peak = 0;  // bytes
  std::uint64_t used = 0;
  std::uint64_t allowed = 0;
  std::uint64_t count = 0;  // of equal events in a row, this one included; 0 and 1 are one
  bool cut = false;         // a text was too long to be kept whole; set by the recorder
};

// The Sink class takes events. Implementations are thread-safe, and fast: they are called on the
// plugin's thread, in the middle of its call.
class Sink {
 public:
  virtual ~Sink() = default;
  // Asked before something is done that will be recorded. False: it must not be done (io), because
  // it could not be recorded, and the user wants that to count.
  [[nodiscard]] virtual bool admits() { return true; }
  // Never fails and, unless the user asked for that, never waits.
  virtual void record(const Event& event) = 0;
};

}  // namespace midimon::audit
