// The Store class keeps the secrets of plugins: in the user's keyring or in files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"
#include "secrets/secret.h"

namespace midimon::secrets {

// Several processes may have one each, on the same secrets. Not thread-safe. No error has anything
// in it of what is secret.
class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Where it keeps them, for people.
  [[nodiscard]] virtual std::string place() const = 0;
  // Nothing if there is none by that name.
  virtual Result<std::optional<Secret>> get(const Owner& owner, std::string_view name) = 0;
  // Replaces the one by that name. Errors: invalid, no name for a secret; limit, too many or too
  // large; denied, a plugin (Kind::own) cannot replace what the user stored.
  virtual Result<void> set(const Owner& owner, std::string_view name, const Secret& secret) = 0;
  // Whether there was one.
  virtual Result<bool> remove(const Owner& owner, std::string_view name) = 0;
  // Of a plugin, whoever signed it; by signer and name.
  virtual Result<std::vector<Listed>> list(const std::string& plugin) = 0;
  // The same, removed; how many there were.
  virtual Result<std::size_t> remove_all(const std::string& plugin) = 0;
};

// What is wrong with a secret that is to be stored beside `others` of the same owner; none:
// nothing.
[[nodiscard]] Result<void> check_new(std::string_view name, const Secret& secret,
                                     const std::vector<Listed>& others);

}  // namespace midimon::secrets
