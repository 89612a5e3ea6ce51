// The Child class is a process of ours, from its start until its end is taken notice of.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <optional>
#include <vector>

#include "base/unique_fd.h"

namespace midimon {

// One thread owns it.
class Child {
 public:
  explicit Child(pid_t pid);

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Adds what becomes readable at its end. False if the kernel cannot tell, and has to be asked.
  bool add_to(std::vector<pollfd>& watched) const;
  // Whether it has ended. It keeps its process id, and its group's, until reap().
  [[nodiscard]] bool ended() const;
  // Once it has ended: its status as wait() has it; nothing if somebody else took it.
  std::optional<int> reap();

 private:
  pid_t pid_;
  UniqueFd fd_;
};

}  // namespace midimon
