// The Keeper class gives the plugins of a process their secrets, on a thread of its own: a guest's
// thread may open no file but the guest's, and a keyring may take its time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/worker.h"
#include "midimon/result.h"
#include "secrets/store.h"

namespace midimon::secrets {

// Thread-safe. Each `done` is called once, on that thread or before the function returns.
class Keeper {
 public:
  static constexpr std::size_t kMaxQueued = 256;

  explicit Keeper(std::unique_ptr<Store> store);

  using Read = std::function<void(Result<std::optional<Secret>>)>;
  void read(Owner owner, std::string name, Read done);
  // As Store::set(); with an empty value it is removed.
  using Stored = std::function<void(Result<void>)>;
  void store(Owner owner, std::string name, Secret secret, Stored done);

 private:
  std::unique_ptr<Store> store_;
  Worker worker_;  // last: it uses everything above
};

}  // namespace midimon::secrets
