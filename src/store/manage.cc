#include "store/manage.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "plugins/runtime.h"
#include "store/change.h"
#include "store/store.h"
#include "trust/keyring_file.h"

namespace midimon::store {
namespace {

// The version to go back to.
OrRefusal<trust::SemVer> choose_version(const Store& store, const std::string& id,
                                        const Record& record,
                                        const std::optional<std::string>& wanted) {
  const auto versions = store.versions(id);
  if (!versions) return refuse(versions.error());
  std::string all;
  for (const trust::SemVer& version : *versions) {
    if (wanted ? version.text() == *wanted : version < *record.version) return version;
    all += (all.empty() ? "" : ", ") + version.text();
  }
  return refuse({ErrorCode::not_found,
                 fmt::format("{} to go back to is in the store; there is {}.",
                             wanted ? fmt::format("No version {} of {}", escape_line(*wanted), id)
                                    : fmt::format("No version of {} older than {}", id,
                                                  record.version->text()),
                             all)});
}

OrRefusal<std::string> roll_back_to(Runtime& runtime, const std::string& id,
                                    const std::optional<std::string>& wanted, Claim& claim) {
  const Store store(runtime.parts().places);
  auto change = StoreChange::begin(runtime.parts().places);
  if (!change) return refuse(change.error());
  const auto record = store.in_use(id);
  if (!record) return refuse(record.error());
  const auto version = choose_version(store, id, *record, wanted);
  if (!version) return tl::unexpected(version.error());
  claim.version = version->text();
  const auto stored = store.read(id, *version);
  if (!stored) return refuse(stored.error());
  const auto keyring = trust::load_keyring(trust::keyring_path(runtime.parts().places));
  if (!keyring) return refuse(keyring.error());
  const Suspect suspect(stored->module, stored->signature, claim);
  // Whether it may run without a signature is asked when it is loaded.
  auto decision = suspect.judge(*keyring, {}, true);
  if (!trust::may_run(decision.verdict)) return refuse(std::move(decision));
  if (auto used = change->use(id, {*version, *version}); !used) return refuse(used.error());
  store::record(runtime, audit::EventKind::install, claim, trust::to_hex(suspect.digest().sha256));
  return version->text();
}

OrRefusal<trust::Decision> judge_stored(const Store& store, const Claim& claim,
                                        const trust::SemVer& version,
                                        const std::optional<trust::SemVer>& not_older_than,
                                        const trust::Keyring& keyring) {
  const auto stored = store.read(claim.id, version);
  if (!stored) return refuse(stored.error());
  const Suspect suspect(stored->module, stored->signature, claim);
  // One whose signature is gone can be anything.
  auto decision = suspect.judge(keyring, not_older_than, false);
  if (!trust::may_run(decision.verdict)) return refuse(std::move(decision));
  return decision;
}

// Adds what is found of each version of one plugin. Error: it has no versions to look at.
Result<void> verify_plugin(const Store& store, const std::string& id, const trust::Keyring& keyring,
                           std::vector<Verified>& out) {
  const auto record = store.in_use(id);
  if (!record) return tl::unexpected(record.error());
  const auto versions = store.versions(id);
  if (!versions) return tl::unexpected(versions.error());
  bool is_there = false;
  for (const trust::SemVer& version : *versions) {
    const bool in_use = version.text() == record->version->text();
    is_there = is_there || in_use;
    const auto floor = in_use ? std::optional(record->not_older_than) : std::nullopt;
    out.push_back({id, version.text(), in_use,
                   judge_stored(store, {id, version.text()}, version, floor, keyring)});
  }
  // The error says that it is missing.
  if (!is_there) {
    const Claim claim{id, record->version->text()};
    out.push_back(
        {id, claim.version, true, judge_stored(store, claim, *record->version, {}, keyring)});
  }
  return {};
}

}  // namespace

OrRefusal<std::string> roll_back(Runtime& runtime, const std::string& id,
                                 const std::optional<std::string>& version) {
  Claim claim{id, ""};
  auto rolled = roll_back_to(runtime, id, version, claim);
  if (!rolled) record(runtime, claim, rolled.error());
  return rolled;
}

Result<void> uninstall(Runtime& runtime, const std::string& id, bool and_data) {
  auto change = StoreChange::begin(runtime.parts().places);
  if (!change) return tl::unexpected(change.error());
  const auto removed = change->remove(id, and_data);
  if (!removed) return tl::unexpected(removed.error());
  if (!*removed) {
    return fail(
        ErrorCode::not_found,
        fmt::format("The plugin {} is not installed. `midimon plugin list` shows those that "
                    "are.",
                    escape_line(id)));
  }
  record(runtime, audit::EventKind::uninstall, {id, ""}, and_data ? "with its data" : "");
  return {};
}

Result<std::vector<Verified>> verify(const Places& places, const std::string& id) {
  const Store store(places);
  const auto ids = id.empty() ? store.ids() : Result<std::vector<std::string>>({id});
  if (!ids) return tl::unexpected(ids.error());
  const auto keyring = trust::load_keyring(trust::keyring_path(places));
  if (!keyring) return tl::unexpected(keyring.error());
  std::vector<Verified> all;
  for (const std::string& plugin : *ids) {
    const auto verified = verify_plugin(store, plugin, *keyring, all);
    if (!verified && !id.empty()) return tl::unexpected(verified.error());
    if (!verified) all.push_back({plugin, "", true, refuse(verified.error())});
  }
  return all;
}

}  // namespace midimon::store
