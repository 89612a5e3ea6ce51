#include "wasm/aot_mac_key.h"

#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/path_error.h"
#include "wasm/own_file.h"

namespace midimon::wasm {
namespace {

struct Read {
  std::optional<MacKey> key;
  std::string_view flaw;  // of a file that is there and holds no key that can be trusted
  int error = 0;          // why neither is known
};

Read read_key(int directory) {
  const OwnFile file = open_own_file(directory, kMacKeyName, kOthersAnything);
  if (!file.fd.valid()) return {{}, file.flaw, file.error};
  MacKey key{};
  if (file.size != key.size() ||
      ::read(file.fd.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
    return {{}, "it has not the size of a key", 0};
  }
  return {key, {}, 0};
}

}  // namespace

Result<FoundMacKey> find_mac_key(int directory, const std::string& path) {
  const std::string file = path + "/" + kMacKeyName;
  const Read found = read_key(directory);
  if (found.key) return FoundMacKey{*found.key, {}};
  if (found.flaw.empty() && found.error != ENOENT) return cannot("read", file, found.error);
  MacKey fresh{};
  ::randombytes_buf(fresh.data(), fresh.size());
  const IfThere if_there = found.flaw.empty() ? IfThere::fail : IfThere::replace;
  const int error = publish_file(directory, kMacKeyName, {fresh}, if_there);
  ::sodium_memzero(fresh.data(), fresh.size());
  if (error != 0 && error != EEXIST) return cannot("make", file, error);
  // What is there now, which another process may have made.
  const Read made = read_key(directory);
  if (made.key) return FoundMacKey{*made.key, found.flaw};
  if (made.flaw.empty()) return cannot("read", file, made.error);
  return fail(ErrorCode::denied,
              file + " cannot be used: " + std::string(made.flaw) + ". Remove it.");
}

}  // namespace midimon::wasm
