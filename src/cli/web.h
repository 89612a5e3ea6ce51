// The Web class is how the commands fetch: with progress on a terminal, by the environment's
// settings, and so that a file whose fetching broke off is gone on with the next time.
//
// Nothing need be tidied up when a fetch is interrupted, so that Ctrl-C simply ends the program.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/places.h"
#include "midimon/result.h"
#include "net/client.h"
#include "registry/registry.h"

namespace midimon::cli {

class Web final : public registry::Fetcher {
 public:
  static Result<std::unique_ptr<Web>> create(const Places& places);

  Result<std::optional<std::string>> find(const std::string& url, std::uint64_t max_bytes) override;
  Result<std::string> download(const std::string& url, std::uint64_t max_bytes) override;

 private:
  Web(net::Client client, std::string downloads)
      : client_(std::move(client)), downloads_(std::move(downloads)) {}

  net::Client client_;
  std::string downloads_;
};

}  // namespace midimon::cli
