// The Registry class is one registry of plugins: its index, checked, and the files that it names.
//
// An index is used when the key in the configuration signed it, when it is not older than one that
// was seen before (rollback), and, to install by it, before it expires (freeze). Each file is
// named with its size and hash, so that what is fetched belongs to this index (mix-and-match) and
// is bounded (endless data) before anything reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/places.h"
#include "midimon/result.h"
#include "net/url.h"
#include "registry/config_toml.h"
#include "registry/index.h"
#include "trust/utc.h"

namespace midimon::registry {

// The Fetcher class gets files from the web.
class Fetcher {
 public:
  Fetcher() = default;
  virtual ~Fetcher() = default;
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // A small file, as it is now; nothing if it is not there.
  virtual Result<std::optional<std::string>> find(const std::string& url,
                                                  std::uint64_t max_bytes) = 0;
  // A large file, which must be there. Error: limit, it has more than `max_bytes`.
  virtual Result<std::string> download(const std::string& url, std::uint64_t max_bytes) = 0;
};

class Registry {
 public:
  // Gets the index and its signature, checks them, and remembers that this index was seen. An index
  // that expired is no error here. Errors say what is wrong and what to do.
  static Result<Registry> open(const Config& config, Fetcher& fetcher, const Places& places,
                               trust::UtcSeconds now);

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const Index& index() const { return index_; }
  // Error: denied, the index expired, so that nothing should be installed by it.
  [[nodiscard]] Result<void> check_fresh() const;

  // The bytes of a release of this index, which are those that it names. Error: denied, they are
  // others.
  Result<std::string> download(const Plugin& plugin, const Release& release,
                               Fetcher& fetcher) const;

 private:
  // The index.json itself: a URL, or the path of a file.
  struct Location {
    std::optional<net::Url> url;
    std::string path;

    [[nodiscard]] std::string text() const { return url ? url->text() : path; }
  };

  Registry(Config config, Location location, trust::UtcSeconds now)
      : config_(std::move(config)), location_(std::move(location)), now_(now) {}

  static Result<Location> locate(const std::string& given);
  Result<std::optional<std::string>> find(const std::string& suffix, std::size_t max_bytes,
                                          Fetcher& fetcher) const;
  Result<std::string> genuine_text(Fetcher& fetcher) const;
  Result<void> check_signature(const std::string& text, const std::string& signature) const;
  Result<Location> locate(const Release& release) const;

  Config config_;
  Location location_;
  trust::UtcSeconds now_;
  Index index_;
};

}  // namespace midimon::registry
