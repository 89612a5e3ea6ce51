// What midimon finds on this machine: kernel, directories, engine.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/clock.h"
#include "base/places.h"
#include "base/units.h"
#include "cli/doctor.h"
#include "desktop/open_input.h"
#include "desktop/volume.h"
#include "vfs/landlock.h"
#include "vfs/resolver.h"
#include "wasm/aot_cache.h"
#include "wasm/engine.h"

namespace midimon::cli {
namespace {

Check check_kernel() {
  utsname name{};
  ::uname(&name);
  return {"kernel", CheckState::good, fmt::format("{} {}", name.sysname, name.release)};
}

Check check_resolver() {
  const bool works = vfs::openat2_works();
  const char* const wish = std::getenv("MIDIMON_RESOLVER");
  if (works && vfs::choose_resolver(wish, works) == vfs::ResolverKind::openat2) {
    return {"path resolution", CheckState::good, "openat2, beneath a directory, in the kernel"};
  }
  if (works) {
    return {"path resolution", CheckState::note, "the walker, because MIDIMON_RESOLVER asks for it",
            "it keeps the same promises more slowly; unset MIDIMON_RESOLVER to use openat2"};
  }
  return {"path resolution", CheckState::note, "the walker: openat2 is missing or forbidden here",
          "it keeps the same promises more slowly; Linux 5.6 has openat2, and a container's "
          "seccomp profile must allow it"};
}

Check check_landlock() {
  const int abi = vfs::landlock_abi();
  if (abi >= vfs::kLandlockNeeded) {
    return {"second fence", CheckState::good, fmt::format("Landlock, version {}", abi)};
  }
  return {"second fence", CheckState::note,
          abi == 0 ? "this kernel has no Landlock, or it is switched off"
                   : fmt::format("Landlock, version {}, is too old to be used", abi),
          "the first fence stands alone; Linux 5.19 or later, with \"landlock\" among the security "
          "modules (lsm= on the kernel's command line), has it"};
}

// Without it a file mounted over a name inside a mount is told by its device only.
Check check_mount_detection() {
  struct statx info {};
  const bool told = ::statx(AT_FDCWD, "/", 0, STATX_TYPE, &info) == 0 &&
                    (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
  if (told) return {"mounts inside mounts", CheckState::good, "told by the kernel, and refused"};
  return {
      "mounts inside mounts", CheckState::note, "told by their device only",
      "bind mounts of the same file system look like plain directories; use Linux 5.8 or later"};
}

Check check_directory(const char* name, const std::string& path) {
  const std::string what = fmt::format("directory for {}", name);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      return {what, CheckState::good, path + " is made with mode 0700 when it is needed"};
    }
    return {what, CheckState::problem, fmt::format("{}: {}", path, std::strerror(errno)),
            "make it readable, or set MIDIMON_HOME to another place"};
  }
  if (!S_ISDIR(info.st_mode)) {
    return {what, CheckState::problem, path + " is not a directory",
            "move it away; midimon makes the directory itself"};
  }
  if (info.st_uid != ::geteuid()) {
    return {what, CheckState::problem,
            fmt::format("{} belongs to the user with uid {}", path, info.st_uid),
            "run midimon as that user, or set MIDIMON_HOME to a directory of your own"};
  }
  if ((info.st_mode & 0077U) != 0) {
    return {what, CheckState::problem,
            fmt::format("{} has mode {:04o}: others can look in", path, info.st_mode & 07777U),
            fmt::format("chmod 0700 '{}'", path)};
  }
  return {what, CheckState::good, fmt::format("{}, mode {:04o}", path, info.st_mode & 07777U)};
}

void check_directories(std::vector<Check>& checks) {
  const Result<Places> places = find_places(this_platform(), process_environment());
  if (!places) {
    checks.push_back({"directories", CheckState::problem, places.error().message,
                      "set HOME, or MIDIMON_HOME to an absolute directory"});
    return;
  }
  checks.push_back(check_directory("configuration", places->config));
  checks.push_back(check_directory("data", places->data));
  checks.push_back(check_directory("state", places->state));
  checks.push_back(check_directory("cache", places->cache));
  checks.push_back(check_directory("the socket", places->runtime));
}

void check_engine(std::vector<Check>& checks) {
  const auto engine = wasm::Engine::create();
  const wasm::EngineOptions& options = engine->options();
  checks.push_back({"engine", options.fuel ? CheckState::good : CheckState::problem,
                    fmt::format("wasmtime {}, fuel counted, deadlines watched, {} KiB of stack",
                                wasm::engine_version(), options.max_stack_bytes / 1024)});
  if (engine->pools()) {
    checks.push_back({"instances", CheckState::good,
                      fmt::format("{} in memory reserved beforehand", options.pool_size)});
  } else {
    checks.push_back({"instances", CheckState::note, "memory is reserved for each by itself",
                      "a press costs some 20 microseconds more; allow the process more address "
                      "space (ulimit -v unlimited)"});
  }
}

Check check_aot_cache() {
  const char* const what = "compiled code";
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return {what, CheckState::note, "not kept: there is no home directory"};
  const auto options = wasm::aot_options(*places, process_environment());
  if (!options) {
    return {what, CheckState::note, "not kept, because MIDIMON_AOT_CACHE=off asks for that",
            "plugins start more slowly; unset MIDIMON_AOT_CACHE to keep it"};
  }
  const auto usage = wasm::examine_aot(*options);
  if (!usage) {
    return {what, CheckState::note, "not kept: " + usage.error().message,
            "plugins start more slowly until that is mended"};
  }
  return {what, CheckState::good,
          fmt::format("{} module{}, {} of {}", usage->entries, usage->entries == 1 ? "" : "s",
                      format_bytes(usage->bytes), format_bytes(options->max_bytes))};
}

Check check_open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::string saw = fmt::format("{} open files at the same time", limit.rlim_cur);
  if (limit.rlim_cur >= 1024) return {"open files", CheckState::good, saw};
  return {"open files", CheckState::note, saw,
          "plugins may be refused files before their own limit; ulimit -n 1024 allows more"};
}

Check check_user() {
  if (::geteuid() != 0) return {"user", CheckState::good, fmt::format("uid {}", ::geteuid())};
  return {"user", CheckState::note, "root",
          "what midimon itself got wrong would be root's mistake; run it as an ordinary user"};
}

Check check_input() {
  const auto device = open_input_device(process_environment());
  if (device) return {"keys and clicks", CheckState::good, (*device)->name()};
  return {"keys and clicks", CheckState::note, "there is nowhere for them to go",
          device.error().message};
}

Check check_volume() {
  const SystemClock clock;
  const auto server = Volume(clock).server_name();
  if (server) return {"volume", CheckState::good, *server};
  return {"volume", CheckState::note, "there is nothing to turn", server.error().message};
}

}  // namespace

std::vector<Check> examine_machine() {
  std::vector<Check> checks = {check_kernel(), check_resolver(), check_landlock(),
                               check_mount_detection()};
  check_directories(checks);
  check_engine(checks);
  checks.push_back(check_aot_cache());
  checks.push_back(check_open_files());
  checks.push_back(check_user());
  checks.push_back(check_input());
  checks.push_back(check_volume());
  return checks;
}

}  // namespace midimon::cli
