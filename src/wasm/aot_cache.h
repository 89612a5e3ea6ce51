// The AotCache class keeps compiled code on disk, so that a module is compiled once and not at
// every start.
//
// What lies in the directory is taken for hostile: an entry is used only if it carries the MAC of a
// key that is kept elsewhere, and what is used is a copy that nobody can change any more
// (sealed_copy.h). An entry that is wrong, cut, old or not a file of ours is removed, and the
// module compiled and kept again. Whatever else goes wrong, the module is compiled as if there were
// no cache.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/places.h"
#include "base/unique_fd.h"
#include "midimon/result.h"
#include "wasm/aot_directory.h"
#include "wasm/aot_entry.h"
#include "wasm/module.h"

namespace midimon::wasm {

// Takes whole sentences that a person should know of, from any thread.
using AotRemark = std::function<void(LogLevel level, std::string_view text)>;

struct AotCacheOptions {
  std::string cache;  // midimon's own directories, absolute: entries are in `cache`/aot,
  std::string state;  // the key of their MACs in `state`
  std::uint64_t max_bytes = 256ULL * 1024 * 1024;  // of all entries; of one, a quarter of that
  AotRemark remark = {};
  // Called between the check of an entry and its use. For tests that change it then.
  std::function<void()> after_check = {};
};

// The options for `places`, as MIDIMON_AOT_CACHE in `environment` wants them: "off" (then none), or
// the most that entries may have, as in "64MiB". `remark` is told of what is neither.
[[nodiscard]] std::optional<AotCacheOptions> aot_options(const Places& places,
                                                         const Environment& environment,
                                                         AotRemark remark = {});

// What is in the cache, without making it. The error says why it cannot be used as it is.
Result<AotUsage> examine_aot(const AotCacheOptions& options);

// Thread-safe; several processes may use one directory.
class AotCache {
 public:
  // What became of the modules that were asked for.
  struct Counts {
    std::atomic<std::uint64_t> found = 0;
    std::atomic<std::uint64_t> compiled = 0;
    std::atomic<std::uint64_t> kept = 0;     // of those compiled
    std::atomic<std::uint64_t> dropped = 0;  // entries that were wrong
  };

  // Touches nothing on disk before the first module is asked for.
  explicit AotCache(AotCacheOptions options) : options_(std::move(options)) {}
  ~AotCache();
  AotCache(const AotCache&) = delete;
  AotCache& operator=(const AotCache&) = delete;

  // As Module::compile(), from the cache if it is there, and there afterwards. `hash` is the
  // SHA-256 of `wasm`: whoever asks knows it, or must compute it.
  Result<Module> compile(const Engine& engine, std::span<const std::byte> wasm, const Sha256& hash);

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  // Why a module was not found.
  struct Miss {
    enum class Kind : std::uint8_t {
      missing,
      wrong,       // the entry is, and goes; `why` is empty where nobody need hear of it
      unreadable,  // the system says no; the entry may be good
    };
    Kind kind = Kind::missing;
    std::string why;
  };
  using Found = tl::expected<Module, Miss>;

  static tl::unexpected<Miss> wrong(std::string why);
  static tl::unexpected<Miss> wrong(EntryFlaw flaw);
  static tl::unexpected<Miss> unreadable(int error);
  void open();
  Result<void> open_places();
  Found find(const Engine& engine, const AotKey& key);
  Found load(const Engine& engine, const AotKey& key, int file, std::uint64_t size);
  void drop(const std::string& name, const std::string& why);
  void keep(const Module& module, const AotKey& key);
  void complain(const std::string& why);
  void remark(LogLevel level, const std::string& text) const;

  AotCacheOptions options_;
  std::once_flag opened_;
  UniqueFd directory_;  // not valid if the cache cannot be used
  MacKey mac_key_{};
  std::atomic<bool> complained_ = false;  // that it is of no use: once is enough
  Counts counts_;
};

}  // namespace midimon::wasm
