#include "secrets/open_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "secrets/file_store.h"
#include "secrets/keyring_store.h"

namespace midimon::secrets {
namespace {

class KeyringBeforeFiles final : public Store {
 public:
  explicit KeyringBeforeFiles(std::unique_ptr<Store> files) : files_(std::move(files)) {}
  KeyringBeforeFiles(std::unique_ptr<Store> files, std::unique_ptr<Store> keyring)
      : files_(std::move(files)), keyring_(std::move(keyring)), looked_(true) {}

  [[nodiscard]] std::string place() const override {
    return keyring() == nullptr ? files_->place() : keyring()->place();
  }

  Result<std::optional<Secret>> get(const Owner& owner, std::string_view name) override {
    if (keyring() != nullptr) {
      auto secret = keyring()->get(owner, name);
      if (!secret || *secret) return secret;
    }
    return files_->get(owner, name);
  }

  Result<void> set(const Owner& owner, std::string_view name, const Secret& secret) override {
    if (keyring() == nullptr) return files_->set(owner, name, secret);
    // What the user stored in the file holds against the plugin there, too.
    if (secret.kind == Kind::own) {
      const auto old = files_->get(owner, name);
      if (!old) return tl::unexpected(old.error());
      if (*old && (*old)->kind != Kind::own) return files_->set(owner, name, secret);
    }
    if (auto done = keyring()->set(owner, name, secret); !done) return done;
    const auto removed = files_->remove(owner, name);
    if (!removed) return tl::unexpected(removed.error());
    return {};
  }

  Result<bool> remove(const Owner& owner, std::string_view name) override {
    auto from_files = files_->remove(owner, name);
    if (!from_files || keyring() == nullptr) return from_files;
    auto from_keyring = keyring()->remove(owner, name);
    if (!from_keyring) return from_keyring;
    return *from_files || *from_keyring;
  }

  Result<std::vector<Listed>> list(const std::string& plugin) override {
    auto all = files_->list(plugin);
    if (!all || keyring() == nullptr) return all;
    auto others = keyring()->list(plugin);
    if (!others) return others;
    const auto is_listed = [&](const Listed& one) {
      return std::any_of(others->begin(), others->end(), [&](const Listed& other) {
        return one.signer == other.signer && one.name == other.name;
      });
    };
    std::erase_if(*all, is_listed);
    all->insert(all->end(), others->begin(), others->end());
    std::sort(all->begin(), all->end(), [](const Listed& a, const Listed& b) {
      return std::tie(a.signer, a.name) < std::tie(b.signer, b.name);
    });
    return all;
  }

  Result<std::size_t> remove_all(const std::string& plugin) override {
    auto from_files = files_->remove_all(plugin);
    if (!from_files || keyring() == nullptr) return from_files;
    auto from_keyring = keyring()->remove_all(plugin);
    if (!from_keyring) return from_keyring;
    return *from_files + *from_keyring;
  }

 private:
  // Null where there is none.
  [[nodiscard]] Store* keyring() const {
    if (!std::exchange(looked_, true)) {
      if (auto found = open_keyring_store()) keyring_ = std::move(*found);
    }
    return keyring_.get();
  }

  std::unique_ptr<Store> files_;
  mutable std::unique_ptr<Store> keyring_;
  mutable bool looked_ = false;
};

}  // namespace

std::unique_ptr<Store> open_store(const Places& places) {
  auto files = open_file_store(places);
  if (places.portable) return files;
  return std::make_unique<KeyringBeforeFiles>(std::move(files));
}

std::unique_ptr<Store> open_store(const Places& places, std::unique_ptr<Store> keyring) {
  return std::make_unique<KeyringBeforeFiles>(open_file_store(places), std::move(keyring));
}

}  // namespace midimon::secrets
