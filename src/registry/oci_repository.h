// The OciRepository class pulls plugins from one repository of an OCI registry, by the pull part of
// the OCI distribution specification 1.1.
//
// Every byte is held to the digest and the size that were promised of it. Registries on this
// machine are spoken to by http, all others by https. A blob may lie on another host; what shows
// who the user is goes to the registry, and to the server that it names for tokens, and to no
// other.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "midimon/result.h"
#include "net/client.h"
#include "registry/oci_login.h"
#include "registry/oci_manifest.h"
#include "registry/oci_reference.h"

namespace midimon::registry {

struct OciResolved {
  trust::Sha256 digest{};  // of the manifest
  OciManifest manifest;
};

struct OciArtifact {
  std::string plugin;                    // the bytes of a package, or of a module
  std::optional<std::string> signature;  // of a module
};

// Where the registry is asked about its repository: "https://HOST/v2/NAME/", and http for one on
// this machine.
[[nodiscard]] std::string api_url(const OciReference& reference);

class OciRepository {
 public:
  // `login` is the path of Docker's config.json, which is read when the registry asks who it is;
  // none: the user is nobody. `client` outlives this.
  OciRepository(net::Client& client, OciReference reference, std::optional<std::string> login);

  // What the reference leads to now. Errors: not_found; denied, the registry wants to know who it
  // is, or an address that must not be used; invalid, unsupported and limit, what it sent; io.
  Result<OciResolved> resolve();
  // The blobs of that manifest. `progress` is told how many bytes of the plugin there are.
  Result<OciArtifact> pull(const OciManifest& manifest,
                           const std::function<void(std::uint64_t)>& progress);

 private:
  Result<net::Answer> get(net::Request request);
  Result<void> authorize(const net::Answer& answer);
  Result<std::string> fetch_token(const std::string& url, const OciLogin& login);
  [[nodiscard]] Result<void> check_status(const net::Answer& answer) const;
  Result<std::string> blob(const OciBlob& blob, const std::function<void(std::uint64_t)>& progress);
  [[nodiscard]] tl::unexpected<Error> not_allowed() const;

  net::Client& client_;
  OciReference reference_;
  std::optional<std::string> login_path_;
  std::string base_;           // api_url()
  std::string authorization_;  // what it was told of the user; empty so far
  std::string obstacle_;       // why it was told nothing, a sentence; empty if there is nothing
};

}  // namespace midimon::registry
