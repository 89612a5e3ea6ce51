// bench/wasi_fs.c behind the second fence alone: Landlock as `midimon exec --dir .` sets it up, and
// nothing else of the sandbox. What the kernel takes for that is the floor of every open.
#include <fcntl.h>

#include <cstdio>

#include "base/unique_fd.h"
#include "vfs/landlock.h"

extern "C" int wasi_fs_main(int argc, char** argv);  // its main()

namespace {

midimon::Result<void> confine_here() {
  auto ruleset = midimon::vfs::LandlockRuleset::create();
  if (!ruleset) return tl::unexpected(ruleset.error());
  const midimon::UniqueFd here(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (auto allowed = ruleset->allow(here.get(), false); !allowed) return allowed;
  return ruleset->restrict_thread();
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto confined = confine_here(); !confined) {
    std::fprintf(stderr, "fenced: %s\n", confined.error().message.c_str());
    return 1;
  }
  return wasi_fs_main(argc, argv);
}
