// A sway of a test's own, without a screen.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "desktop/test_process.h"

namespace midimon::testing {

// While it is there, XDG_RUNTIME_DIR is its folder.
class SwayServer {
 public:
  static constexpr const char* kDisplay = "wayland-1";  // for WAYLAND_DISPLAY

  SwayServer() {
    ::setenv("XDG_RUNTIME_DIR", folder_.path().c_str(), 1);
    std::ofstream(folder_.path() / "config") << "output HEADLESS-1 mode 800x600 position 100 50\n"
                                                "default_border none\n"
                                                "default_floating_border none\n"
                                                "xwayland disable\n";
  }
  ~SwayServer() { ::unsetenv("XDG_RUNTIME_DIR"); }
  SwayServer(const SwayServer&) = delete;
  SwayServer& operator=(const SwayServer&) = delete;

  // It can be spoken to some time later.
  void start() {
    std::filesystem::remove(folder_.path() / kDisplay);
    std::filesystem::remove(socket());
    std::vector<std::string> argv = {"sway", "-c", folder_.path() / "config"};
    if (::geteuid() == 0) {  // which sway refuses to be
      const std::string nobody = "65534";
      if (::chown(folder_.path().c_str(), 65534, 65534) != 0) return;
      argv.insert(argv.begin(), {"setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups",
                                 "--pdeathsig", "KILL"});
    }
    process_ = std::make_unique<TestProcess>(
        argv,
        std::vector<std::string>{"WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1",
                                 "WLR_RENDERER=pixman", "SWAYSOCK=" + socket()},
        -1, folder_.path() / "sway.log");
  }
  void kill() { process_->kill(); }
  // For SWAYSOCK.
  [[nodiscard]] std::string socket() const { return folder_.path() / "sway.socket"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream in(folder_.path() / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  TestFolder folder_;
  std::unique_ptr<TestProcess> process_;
};

}  // namespace midimon::testing
