// What the tests of real programs share: a root directory for a program, and the resolver it runs
// on.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {

// Has midimon resolve paths with "openat2" or "walker" as long as it lives.
class WithResolver {
 public:
  explicit WithResolver(const std::string& name) { ::setenv("MIDIMON_RESOLVER", name.c_str(), 1); }
  ~WithResolver() { ::unsetenv("MIDIMON_RESOLVER"); }
  WithResolver(const WithResolver&) = delete;
  WithResolver& operator=(const WithResolver&) = delete;
};

// A directory on the host that a program has as `/`. What lies beside it must stay out of reach.
class Root {
 public:
  Root() { std::filesystem::create_directory(path()); }

  [[nodiscard]] std::filesystem::path path(const std::string& name = {}) const {
    return name.empty() ? scratch_.path("root") : scratch_.path("root") / name;
  }
  [[nodiscard]] std::filesystem::path outside(const std::string& name) const {
    return scratch_.path(name);
  }
  [[nodiscard]] const Scratch& scratch() const { return scratch_; }

  // Writes a file, and the directories it is in.
  void add(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(path(name).parent_path());
    write_text(path(name), text);
  }

  // Runs the guest `program` with `args`; `options` are midimon's.
  [[nodiscard]] Finished run(const std::string& program, const std::vector<std::string>& args,
                             const std::string& input = {},
                             const std::vector<std::string>& options = {}) const {
    std::vector<std::string> all = {"exec", "--dir", path().string() + "::/"};
    all.insert(all.end(), options.begin(), options.end());
    all.push_back(guest(program));
    all.insert(all.end(), args.begin(), args.end());
    return run_midimon(scratch_, all, input);
  }

 private:
  Scratch scratch_;
};

}  // namespace midimon::testing
