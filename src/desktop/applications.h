// The Applications class knows which programs run and whose window has the keyboard.
//
// A thread of its own looks: at the windows when the desktop says that something changed (sway and
// X11 tell it at once), at the programs once a second. So a program that has just started or ended
// is known of a second later at most.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/log.h"
#include "base/places.h"
#include "base/unique_fd.h"

namespace midimon {

// Thread-safe. A program goes by several names (desktop/programs.h), a window's also by what the
// desktop calls it (sway's app_id, both of X11's WM_CLASS); all are compared without regard to the
// case of ASCII letters, and whole.
class Applications {
 public:
  // The programs are known once it returns, the windows soon after. `environment` says which
  // desktop there is (desktop/windows.h); one that is missing or goes away is looked for again and
  // again, and said in `log` once. `log` outlives this.
  static std::unique_ptr<Applications> start(Environment environment, LogSink& log);
  ~Applications();
  Applications(const Applications&) = delete;
  Applications& operator=(const Applications&) = delete;

  // Both answer at once, from what was seen last. Without a desktop nothing is frontmost.
  [[nodiscard]] bool is_running(std::string_view name) const;
  [[nodiscard]] bool is_frontmost(std::string_view name) const;

 private:
  using Names = std::unordered_set<std::string>;
  class Watcher;

  Applications(Environment environment, LogSink& log);
  void set(std::shared_ptr<const Names>& what, Names names);
  [[nodiscard]] bool has(const std::shared_ptr<const Names>& what, std::string_view name) const;

  const Environment environment_;
  LogSink& log_;
  UniqueFd stop_;             // an eventfd
  mutable std::mutex mutex_;  // held only to take or exchange a pointer
  std::shared_ptr<const Names> running_;
  std::shared_ptr<const Names> frontmost_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon
