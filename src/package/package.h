// The Package class is what a plugin comes in: its module, and beside it a signature, the signer's
// key, a manifest, a README and the like, read whole.
//
// Only the module has authority, by its signature, whose trusted comment names id, version and
// hash. All the rest is data that anyone may have put there: it is kept and shown, and nothing is
// decided by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"
#include "package/manifest.h"

namespace midimon::package {

// The names that mean something.
inline constexpr std::string_view kModule = "plugin.wasm";
inline constexpr std::string_view kSignature = "plugin.wasm.minisig";
inline constexpr std::string_view kSigner = "signer.pub";
inline constexpr std::string_view kManifest = "manifest.toml";

// What a package may hold, whatever it comes in.
inline constexpr std::size_t kMaxFiles = 256;
inline constexpr std::uint64_t kMaxTotalBytes = 64ULL * 1024 * 1024;
inline constexpr std::size_t kMaxNameBytes = 200;
inline constexpr std::size_t kMaxComponentBytes = 64;
inline constexpr std::size_t kMaxDepth = 4;

struct File {
  std::string name;  // below the package, with '/' between directories
  std::string bytes;
};

// An error that says what is wrong with a package and whom to ask.
[[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code, std::string_view what);

// Whether a file may be called so: 1 to 4 names of a-z, A-Z, 0-9, '.', '_' and '-' with '/' between
// them, none of which begins with '.' or '-' or ends with '.'. So it can neither be absolute nor
// lead up, and is the same file wherever it is unpacked.
Result<void> check_name(std::string_view name);

class Package {
 public:
  // Checks names, that no two are the same where case does not count, sizes, and the manifest if
  // there is one; there must be a module. Nothing in it is trusted by that.
  static Result<Package> make(std::vector<File> files);

  // In the order of their names.
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  // Null if there is none.
  [[nodiscard]] const File* find(std::string_view name) const;

  [[nodiscard]] const std::string& module() const { return find(kModule)->bytes; }
  // The text of the file `name`.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
  [[nodiscard]] const std::optional<Manifest>& manifest() const { return manifest_; }

 private:
  std::vector<File> files_;
  std::optional<Manifest> manifest_;
};

}  // namespace midimon::package
