// The Cgroup class is a control group of our own for one program: whatever the program starts is in
// it, too, and ends with it, also what made itself a session of its own.
//
// There is one where the kernel has cgroup v2 and ours was delegated to us, as systemd does for the
// services of a user. Source: Linux, Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace midimon {

class Cgroup {
 public:
  // Nothing where there cannot be one.
  static std::optional<Cgroup> create();
  Cgroup(Cgroup&& other) noexcept
      : path_(std::exchange(other.path_, {})),
        procs_(std::move(other.procs_)),
        kill_(std::move(other.kill_)) {}
  Cgroup& operator=(Cgroup&&) = delete;
  // Kills what is left, and removes it.
  ~Cgroup();

  // Where a process writes "0" to move into it.
  [[nodiscard]] int procs() const { return procs_.get(); }
  void kill() const;

 private:
  Cgroup(std::string path, UniqueFd procs, UniqueFd kill)
      : path_(std::move(path)), procs_(std::move(procs)), kill_(std::move(kill)) {}

  std::string path_;
  UniqueFd procs_;
  UniqueFd kill_;
};

}  // namespace midimon
