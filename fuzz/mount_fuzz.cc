// vfs::parse_mount and the guest paths of vfs::MountTable.
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "fuzz/check.h"
#include "vfs/memory.h"
#include "vfs/mount_table.h"

namespace midimon::fuzz {
namespace {

void check_guest_path(const std::string& path) {
  check(path.starts_with('/'), "a guest path is absolute");
  check(path == "/" || !path.ends_with('/'), "a guest path has no slash at its end");
  const std::string framed = path + "/";
  check(path == "/" || framed.find("//") == std::string::npos, "no name in a guest path is empty");
  check(framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos,
        "a guest path holds no \"..\" and no \".\"");
  check(path.find('\0') == std::string::npos, "a guest path holds no NUL");
}

void mount(const vfs::MountRequest& request) {
  const SystemClock clock;
  vfs::MountTable table;
  if (!table.add(request.guest, vfs::make_memory(clock, 0), request.read_only)) return;
  check(table.mounts().size() == 1, "what is mounted is in the table");
  check_guest_path(table.mounts()[0].guest);
  check(table.mounts()[0].read_only == request.read_only, "the rights are those asked for");
  check((table.mounts()[0].directory->mount() == nullptr) == request.read_only,
        "a read-only mount takes no changes");
  check(!table.add(table.mounts()[0].guest, vfs::make_memory(clock, 0), false),
        "no guest path is mounted twice");
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  const std::string text(data, data + size);
  const auto request = vfs::parse_mount(text);
  if (!request) {
    fuzz::check(!request.error().message.empty(), "an error says something");
    return 0;
  }
  const std::string whole = request->host + "::" + request->guest;
  fuzz::check(whole + (request->read_only ? ":ro" : "") == text, "no part of a mount is lost");
  fuzz::check(!request->host.empty(), "a mount has a host directory");
  fuzz::check(request->guest.find(':') == std::string::npos, "a mistyped \":ro\" is an error");
  fuzz::mount(*request);
  return 0;
}
