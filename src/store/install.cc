#include "store/install.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "plugins/runtime.h"
#include "store/change.h"
#include "store/store.h"
#include "trust/keyring_file.h"

namespace midimon::store {
namespace {

using Version = std::optional<trust::SemVer>;

// One installation, step by step. Each step says why it cannot go on.
class Installation {
 public:
  Installation(Runtime& runtime, const package::Package& package, const InstallRequest& request)
      : runtime_(runtime),
        package_(package),
        request_(request),
        store_(runtime.parts().places),
        keyring_path_(trust::keyring_path(runtime.parts().places)),
        suspect_(package, fallback()) {
    if (request.offered_key) suspect_.offer(*request.offered_key);
  }

  [[nodiscard]] const Claim& claim() const { return suspect_.claim(); }
  OrRefusal<Installed> run(const AskFirstUse& ask);

 private:
  [[nodiscard]] Claim fallback() const {
    const auto& manifest = package_.manifest();
    return manifest ? Claim{manifest->id, manifest->version} : Claim{request_.name, ""};
  }

  OrRefusal<void> judge(const AskFirstUse& ask);
  OrRefusal<void> try_module();
  OrRefusal<void> check_order(const std::optional<Record>& record);
  OrRefusal<void> settle_trust(const Version& not_older_than);
  OrRefusal<Installed> commit();

  Runtime& runtime_;
  const package::Package& package_;
  const InstallRequest& request_;
  Store store_;
  std::string keyring_path_;
  Suspect suspect_;
  Version version_;
  Metadata metadata_;
  std::optional<trust::PublicKey> newly_trusted_;
  trust::Decision decision_;
};

OrRefusal<Installed> Installation::run(const AskFirstUse& ask) {
  if (auto judged = judge(ask); !judged) return tl::unexpected(judged.error());
  if (auto tried = try_module(); !tried) return tl::unexpected(tried.error());
  return commit();
}

OrRefusal<void> Installation::judge(const AskFirstUse& ask) {
  const auto keyring = trust::load_keyring(keyring_path_);
  if (!keyring) return refuse(keyring.error());
  // How old it may be is seen again where nobody can change it meanwhile.
  decision_ = suspect_.judge(*keyring, {}, request_.unsigned_allowed);
  const trust::KnownKey* known = decision_.key ? keyring->find(*decision_.key) : nullptr;
  // Trusted or known, and yet not by the one that the user asked for.
  if (known != nullptr && request_.offered_key && known->key != *request_.offered_key) {
    return refuse(trust::Decision{trust::Verdict::bad_signature,
                                  decision_.message + " That is not the key that you gave.",
                                  decision_.key});
  }
  if (trust::may_run(decision_.verdict)) return {};
  if (decision_.verdict == trust::Verdict::first_use) {
    newly_trusted_ = suspect_.offered_key();
  } else if (decision_.verdict == trust::Verdict::not_allowed && known != nullptr) {
    newly_trusted_ = known->key;
  } else {
    return refuse(decision_);
  }
  const auto answer = ask({suspect_.claim(), *newly_trusted_, decision_});
  if (answer) return {};
  return tl::unexpected(Refusal{answer.error(), decision_.verdict});
}

// Compiles it and asks it what it is, in the sandbox and without a capability.
OrRefusal<void> Installation::try_module() {
  WasmConfig config;
  if (suspect_.is_signed()) {
    config.expected_id = claim().id;
    config.expected_version = claim().version;
  }
  const auto plugin = WasmPlugin::load(runtime_, suspect_.bytes(), std::move(config));
  if (!plugin) {
    return refuse({plugin.error().code, request_.name + ": " + plugin.error().message});
  }
  metadata_ = plugin->metadata();
  suspect_.set_claim({metadata_.name, metadata_.version});
  version_ = trust::SemVer::parse(metadata_.version);
  if (!version_) {
    return refuse({ErrorCode::invalid,
                   fmt::format("{} has the version \"{}\", which is none that can be compared "
                               "(semver.org). Its author can give it one such as 1.4.0.",
                               metadata_.name, metadata_.version)});
  }
  const auto& manifest = package_.manifest();
  if (manifest && (manifest->id != metadata_.name || manifest->version != metadata_.version)) {
    return refuse({ErrorCode::invalid,
                   fmt::format("{} says that it holds {} {}, and holds {} {}. Get it anew from its "
                               "author.",
                               request_.name, escape_line(manifest->id),
                               escape_line(manifest->version), metadata_.name, metadata_.version)});
  }
  return {};
}

OrRefusal<void> Installation::check_order(const std::optional<Record>& record) {
  if (!request_.update) return {};
  const bool installed = record && record->version;
  if (!installed) {
    return refuse({ErrorCode::not_found,
                   fmt::format("The plugin {} is not installed, so it cannot be updated. Run: "
                               "midimon plugin install {}",
                               claim().id, request_.name)});
  }
  if (*version_ > *record->version) return {};
  return refuse(
      {ErrorCode::invalid,
       fmt::format("{} {} is installed, and {} is not newer. To put it in its place all "
                   "the same, run: midimon plugin install {}",
                   claim().id, record->version->text(), version_->text(), request_.name)});
}

// Judges again, by what is known now, and keeps what the user or the keyring said of the key.
OrRefusal<void> Installation::settle_trust(const Version& not_older_than) {
  const auto decide = [&](trust::Keyring& keyring) -> Result<void> {
    if (newly_trusted_) {
      const auto when = trust::now(runtime_.parts().clock);
      auto trusted = keyring.trust_first_use(
          *newly_trusted_, "key " + to_string(newly_trusted_->id), claim().id, when);
      if (!trusted) return trusted;
    }
    decision_ = suspect_.judge(keyring, not_older_than, request_.unsigned_allowed);
    if (!trust::may_run(decision_.verdict)) return fail(ErrorCode::denied, decision_.message);
    // Who may sign any plugin is the only one who may sign this one from now on.
    const bool bind = suspect_.is_signed() && keyring.signer_of(claim().id) == nullptr;
    return bind ? keyring.bind(*decision_.key, claim().id) : Result<void>();
  };
  auto keyring = trust::load_keyring(keyring_path_);
  if (!keyring) return refuse(keyring.error());
  const bool bound = !suspect_.is_signed() || keyring->signer_of(claim().id) != nullptr;
  // A keyring that says all there is to say stays as the user wrote it.
  const auto settled = bound ? decide(*keyring) : trust::update_keyring(keyring_path_, decide);
  if (settled) return {};
  Refusal refusal{settled.error(), {}};
  if (!trust::may_run(decision_.verdict)) refusal.verdict = decision_.verdict;
  if (decision_.verdict == trust::Verdict::downgrade) {
    refusal.error.message += " To install it all the same, add --older.";
  }
  return tl::unexpected(std::move(refusal));
}

OrRefusal<Installed> Installation::commit() {
  auto change = StoreChange::begin(runtime_.parts().places);
  if (!change) return refuse(change.error());
  const auto known = store_.record(claim().id);
  if (!known) return refuse(known.error());
  const std::optional<Record>& record = *known;
  if (auto in_order = check_order(record); !in_order) return tl::unexpected(in_order.error());
  if (auto staged = change->stage(package_); !staged) return refuse(staged.error());
  const Version not_older_than =
      record && !request_.older_allowed ? Version(record->not_older_than) : std::nullopt;
  if (auto trusted = settle_trust(not_older_than); !trusted) {
    return tl::unexpected(trusted.error());
  }
  const auto signer = signer_of(decision_, suspect_);
  if (!signer) return tl::unexpected(signer.error());
  if (auto put = change->put(claim().id, {version_, *version_}); !put) return refuse(put.error());
  store::record(runtime_, audit::EventKind::install, claim(),
                trust::to_hex(suspect_.digest().sha256));
  Installed installed{std::move(metadata_), {}, std::move(decision_), *signer};
  if (record && record->version) installed.replaced = record->version->text();
  return installed;
}

}  // namespace

OrRefusal<Installed> install(Runtime& runtime, const package::Package& package,
                             const InstallRequest& request, const AskFirstUse& ask) {
  Installation installation(runtime, package, request);
  auto installed = installation.run(ask);
  if (!installed) record(runtime, installation.claim(), installed.error());
  return installed;
}

}  // namespace midimon::store
