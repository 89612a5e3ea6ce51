#include "secrets/keyring_store.h"

#include <fmt/format.h>
#include <libsecret/secret.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/text.h"

namespace midimon::secrets {
namespace {

// What an item is found by. Its kind stands before its value, so that a change of it is no other
// item.
const SecretSchema* schema() {
  static const SecretSchema kSchema = {"org.midimon.Secret",
                                       SECRET_SCHEMA_NONE,
                                       {{"plugin", SECRET_SCHEMA_ATTRIBUTE_STRING},
                                        {"signer", SECRET_SCHEMA_ATTRIBUTE_STRING},
                                        {"name", SECRET_SCHEMA_ATTRIBUTE_STRING},
                                        {nullptr, SECRET_SCHEMA_ATTRIBUTE_STRING}},
                                       0,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr};
  return &kSchema;
}

template <typename Object>
struct Unref {
  void operator()(Object* object) const { g_object_unref(object); }
};
template <typename Object>
using Ref = std::unique_ptr<Object, Unref<Object>>;

struct FreeTable {
  void operator()(GHashTable* table) const { g_hash_table_unref(table); }
};
using Attributes = std::unique_ptr<GHashTable, FreeTable>;

struct FreeValue {
  void operator()(SecretValue* value) const { secret_value_unref(value); }
};
using Value = std::unique_ptr<SecretValue, FreeValue>;

struct FreeItems {
  void operator()(GList* items) const { g_list_free_full(items, g_object_unref); }
};
using Items = std::unique_ptr<GList, FreeItems>;

// What glib says of a failure, freed.
class Failure {
 public:
  Failure() = default;
  ~Failure() { g_clear_error(&error_); }
  Failure(const Failure&) = delete;
  Failure& operator=(const Failure&) = delete;
  GError** out() { return &error_; }
  [[nodiscard]] bool failed() const { return error_ != nullptr; }
  [[nodiscard]] tl::unexpected<Error> error(std::string_view what) const {
    return fail(ErrorCode::io,
                fmt::format("The keyring cannot {}: {}", what, escape_line(error_->message)));
  }

 private:
  GError* error_ = nullptr;
};

Attributes attributes(const std::string& plugin, const std::string* signer = nullptr,
                      const std::string* name = nullptr) {
  Attributes out(g_hash_table_new_full(g_str_hash, g_str_equal, nullptr, g_free));
  const auto add = [&](const char* key, const std::string& value) {
    g_hash_table_insert(out.get(), const_cast<char*>(key), g_strdup(value.c_str()));
  };
  add("plugin", plugin);
  if (signer != nullptr) add("signer", *signer);
  if (name != nullptr) add("name", *name);
  return out;
}

constexpr std::string_view kKinds = "hro";  // hidden, readable, own
constexpr char kBound = 'b';                // hidden, and for the hosts up to the end of the line

// What KeyringStore::set() wrote.
std::optional<Secret> parse_item(std::string_view item) {
  if (item.empty()) return std::nullopt;
  const char start = item.front();
  item.remove_prefix(1);
  Secret out;
  if (start == kBound) {
    const std::size_t end = item.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto only_to = grants::parse_host_rule(item.substr(0, end));
    if (!only_to) return std::nullopt;
    out.only_to = *only_to;
    item.remove_prefix(end + 1);
  } else if (const std::size_t kind = kKinds.find(start); kind != std::string_view::npos) {
    out.kind = static_cast<Kind>(kind);
  } else {
    return std::nullopt;
  }
  if (item.size() > kMaxSecretBytes) return std::nullopt;
  out.value = trust::SecretBytes(item.size());
  std::copy(item.begin(), item.end(), out.value.data());
  return out;
}

class KeyringStore final : public Store {
 public:
  explicit KeyringStore(Ref<SecretService> service) : service_(std::move(service)) {}

  [[nodiscard]] std::string place() const override { return "the keyring"; }

  Result<std::optional<Secret>> get(const Owner& owner, std::string_view name) override {
    const std::string text(name);
    auto items = find(attributes(owner.plugin, &owner.signer, &text));
    if (!items) return tl::unexpected(items.error());
    if (*items == nullptr) return std::optional<Secret>();
    auto secret = secret_of(SECRET_ITEM((*items)->data));
    if (!secret) return tl::unexpected(secret.error());
    return std::optional(std::move(*secret));
  }

  Result<void> set(const Owner& owner, std::string_view name, const Secret& secret) override {
    auto listed = list(owner.plugin);
    if (!listed) return tl::unexpected(listed.error());
    std::erase_if(*listed, [&](const Listed& one) { return one.signer != owner.signer; });
    if (auto checked = check_new(name, secret, *listed); !checked) return checked;
    if (auto open = check_open(); !open) return open;
    const std::string text(name);
    const std::string start = secret.only_to
                                  ? kBound + grants::to_string(*secret.only_to) + "\n"
                                  : std::string(1, kKinds[static_cast<std::size_t>(secret.kind)]);
    trust::SecretBytes bytes(start.size() + secret.value.size());
    std::copy(start.begin(), start.end(), bytes.data());
    std::copy_n(secret.value.data(), secret.value.size(), bytes.data() + start.size());
    const Value value(secret_value_new(reinterpret_cast<const char*>(bytes.data()),
                                       static_cast<gssize>(bytes.size()),
                                       "application/octet-stream"));
    Failure failure;
    secret_service_store_sync(
        service_.get(), schema(), attributes(owner.plugin, &owner.signer, &text).get(),
        SECRET_COLLECTION_DEFAULT,
        fmt::format("midimon: {} of the plugin {}", text, owner.plugin).c_str(), value.get(),
        nullptr, failure.out());
    if (failure.failed()) return failure.error("store the secret");
    return {};
  }

  Result<bool> remove(const Owner& owner, std::string_view name) override {
    const std::string text(name);
    const auto removed = clear(attributes(owner.plugin, &owner.signer, &text));
    if (!removed) return tl::unexpected(removed.error());
    return *removed > 0;
  }

  Result<std::vector<Listed>> list(const std::string& plugin) override {
    auto items = find(attributes(plugin));
    if (!items) return tl::unexpected(items.error());
    std::vector<Listed> out;
    for (const GList* item = items->get(); item != nullptr; item = item->next) {
      SecretItem* const one = SECRET_ITEM(item->data);
      const auto secret = secret_of(one);
      if (!secret) return tl::unexpected(secret.error());
      const Attributes found(secret_item_get_attributes(one));
      const auto text = [&](const char* key) {
        const auto* value = static_cast<const char*>(g_hash_table_lookup(found.get(), key));
        return std::string(value == nullptr ? "" : value);
      };
      out.push_back(
          {text("signer"), text("name"), secret->kind, secret->value.size(), secret->only_to});
    }
    std::sort(out.begin(), out.end(), [](const Listed& a, const Listed& b) {
      return std::tie(a.signer, a.name) < std::tie(b.signer, b.name);
    });
    return out;
  }

  Result<std::size_t> remove_all(const std::string& plugin) override {
    return clear(attributes(plugin));
  }

 private:
  // With their secrets; none of them is locked.
  Result<Items> find(const Attributes& by) {
    Failure failure;
    const auto flags =
        static_cast<SecretSearchFlags>(SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS);
    Items items(secret_service_search_sync(service_.get(), schema(), by.get(), flags, nullptr,
                                           failure.out()));
    if (failure.failed()) return failure.error("be searched");
    for (const GList* item = items.get(); item != nullptr; item = item->next) {
      if (secret_item_get_locked(SECRET_ITEM(item->data)) != 0) return locked();
    }
    return items;
  }

  static tl::unexpected<Error> locked() {
    return fail(ErrorCode::busy,
                "The keyring is locked. Unlock it, by logging in or with its own program "
                "(seahorse, kwalletmanager), and try again.");
  }

  // Storing into one that is locked, or is not there, would ask the user on the screen.
  Result<void> check_open() {
    Failure failure;
    const Ref<SecretCollection> collection(secret_collection_for_alias_sync(
        service_.get(), SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, nullptr, failure.out()));
    if (failure.failed()) return failure.error("be asked");
    if (collection == nullptr || secret_collection_get_locked(collection.get()) != 0) {
      return locked();
    }
    return {};
  }

  Result<std::size_t> clear(const Attributes& by) {
    auto items = find(by);
    if (!items) return tl::unexpected(items.error());
    const std::size_t count = g_list_length(items->get());
    if (count == 0) return count;
    Failure failure;
    secret_service_clear_sync(service_.get(), schema(), by.get(), nullptr, failure.out());
    if (failure.failed()) return failure.error("remove the secret");
    return count;
  }

  static Result<Secret> secret_of(SecretItem* item) {
    const Value value(secret_item_get_secret(item));
    gsize size = 0;
    const gchar* bytes = value ? secret_value_get(value.get(), &size) : nullptr;
    auto secret = parse_item(std::string_view(bytes, bytes == nullptr ? 0 : size));
    if (secret) return std::move(*secret);
    return fail(ErrorCode::invalid,
                "An item in the keyring that says it is midimon's is none. Remove it with the "
                "keyring's own program.");
  }

  Ref<SecretService> service_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_keyring_store() {
  Failure failure;
  Ref<SecretService> service(
      secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, nullptr, failure.out()));
  if (failure.failed() || service == nullptr) {
    return fail(ErrorCode::not_found, "There is no keyring here.");
  }
  const Ref<SecretCollection> collection(secret_collection_for_alias_sync(
      service.get(), SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, nullptr, failure.out()));
  if (failure.failed() || collection == nullptr) {
    return fail(ErrorCode::not_found, "There is no keyring here.");
  }
  return std::make_unique<KeyringStore>(std::move(service));
}

}  // namespace midimon::secrets
