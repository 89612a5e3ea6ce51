#include "cli/grant_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/places.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/console.h"
#include "cli/policy.h"
#include "grants/book_file.h"
#include "grants/words.h"

namespace midimon::cli {
namespace {

using grants::Entry;
using grants::Grant;
using grants::GrantBook;
using grants::Permissions;
using grants::Side;
using grants::Signer;

enum class When { for_one_run, for_a_profile, at_installation };

// One plugin while it is loaded or installed.
class GrantSource {
 public:
  GrantSource(Places places, std::vector<Capability> given, Permissions policy, When when)
      : places_(std::move(places)),
        given_(std::move(given)),
        policy_(std::move(policy)),
        when_(when) {}

  Result<GrantAnswer> answer(const Metadata& metadata, const Signer& signer);

 private:
  Result<void> read_book(const Metadata& metadata, const Signer& signer);
  Result<void> note(const Metadata& metadata, const Signer& signer) const;
  Result<void> ask_person(const Metadata& metadata, const Signer& signer);
  Result<void> keep(const Metadata& metadata, const Signer& signer, const Answers& answers) const;
  Result<void> take_calls(const Metadata& metadata, const Signer& signer);
  [[nodiscard]] std::vector<Capability> lacking(const Metadata& metadata) const;
  void say_what_is_lacking(const Metadata& metadata) const;
  void say_what_has_no_effect(const Metadata& metadata) const;

  Places places_;
  std::string path_ = grants::book_path(places_);
  std::string boot_ = grants::this_boot();
  std::vector<Capability> given_;  // on the command line or in the profile
  Permissions policy_;
  When when_;
  bool known_ = false;
  bool answered_ = false;
  bool counted_ = false;  // some of what it has is for a number of calls
  Permissions has_;       // granted, in whatever way
  GrantAnswer answer_;
};

Result<void> GrantSource::read_book(const Metadata& metadata, const Signer& signer) {
  if (auto added = has_.add(given_, Side::grant); !added) return added;
  const auto book = grants::load_book(path_);
  if (!book) return tl::unexpected(book.error());
  const Entry* entry = book->find(metadata.name, signer);
  if (entry == nullptr) return {};
  known_ = true;
  answered_ = entry->answered;
  for (const Grant& grant : entry->grants) {
    if (!grant.holds(boot_)) continue;
    if (auto added = has_.add(grant.what, Side::grant); !added) return added;
    if (grant.lasting.calls) {
      counted_ = true;
    } else {
      answer_.capabilities.push_back(grant.what);
    }
  }
  return {};
}

std::vector<Capability> GrantSource::lacking(const Metadata& metadata) const {
  Permissions requested;
  if (!requested.add(metadata.capabilities, Side::request)) return {};
  return grants::lacking(metadata.capabilities, grants::effective(requested, has_, policy_));
}

Result<void> GrantSource::note(const Metadata& metadata, const Signer& signer) const {
  return grants::update_book(path_, boot_, [&](GrantBook& book) {
    return book.note({metadata.name, signer, metadata.version, false, metadata.capabilities, {}});
  });
}

// What the policy forbids is not asked for: a yes would have no effect.
std::vector<Capability> askable(const std::vector<Capability>& missing, const Permissions& policy) {
  std::vector<Capability> out;
  for (const Capability& wish : missing) {
    Permissions asked;
    if (!asked.add(wish, Side::request)) continue;
    if (intersect(asked, policy).has(wish.kind)) out.push_back(wish);
  }
  return out;
}

Result<void> GrantSource::ask_person(const Metadata& metadata, const Signer& signer) {
  const auto wanted = askable(lacking(metadata), policy_);
  if (wanted.empty()) return {};
  const Answers answers =
      ask(metadata, signer.is_unsigned() ? "not signed" : "signed by " + signer.text(), wanted,
          when_ == When::at_installation ? "until the machine restarts" : "this time", places_);
  for (const auto& granted : {answers.for_now, answers.always}) {
    if (auto added = has_.add(granted, Side::grant); !added) return added;
    answer_.capabilities.insert(answer_.capabilities.end(), granted.begin(), granted.end());
  }
  return keep(metadata, signer, answers);
}

Result<void> GrantSource::keep(const Metadata& metadata, const Signer& signer,
                               const Answers& answers) const {
  const trust::UtcSeconds now = trust::now(SystemClock());
  std::vector<Grant> kept;
  for (const Capability& what : answers.always)
    kept.push_back({what, now, {}});
  // Where the start of the machine has no name, it cannot be told from the next one.
  if (when_ == When::at_installation && !boot_.empty()) {
    for (const Capability& what : answers.for_now)
      kept.push_back({what, now, {boot_, {}}});
  }
  // Where nothing was answered for good it is asked again the next time.
  const bool refused = answers.complete && answers.for_now.empty();
  const bool answered = refused || !answers.always.empty();
  if (kept.empty() && !answered) return {};
  return grants::update_book(path_, boot_, [&](GrantBook& book) -> Result<void> {
    for (const Grant& grant : kept) {
      if (auto granted = book.grant(metadata.name, signer, grant); !granted) return granted;
    }
    if (answered) book.set_answered(metadata.name, signer);
    return {};
  });
}

// The calls are this process's from here on; what it does not use goes back. What a crash leaves is
// lost: too few calls, and never too many.
Result<void> GrantSource::take_calls(const Metadata& metadata, const Signer& signer) {
  std::vector<Grant> taken;
  auto updated = grants::update_book(path_, boot_, [&](GrantBook& book) -> Result<void> {
    taken = book.take_calls(metadata.name, signer);
    return {};
  });
  if (!updated) return updated;
  for (const Grant& grant : taken)
    answer_.limited.push_back({grant.what, grant.lasting.calls.value_or(0)});
  answer_.done = [path = path_, boot = boot_, id = metadata.name, signer,
                  taken](std::uint64_t calls) {
    auto unused = taken;
    for (Grant& grant : unused)
      *grant.lasting.calls -= std::min(*grant.lasting.calls, calls);
    const auto returned = grants::update_book(path, boot, [&](GrantBook& book) -> Result<void> {
      book.give_back(id, signer, unused);
      return {};
    });
    if (!returned) {
      print_error("The calls that were granted and not used are lost: " + returned.error().message);
    }
  };
  return {};
}

void GrantSource::say_what_is_lacking(const Metadata& metadata) const {
  for (const Capability& wish : lacking(metadata)) {
    const auto texts = grants::grant_texts(wish);
    const std::string what =
        fmt::format("{} asks for {}{} and runs without it", metadata.name, fmt::join(texts, ", "),
                    wish.reason.empty() ? "" : " (\"" + wish.reason + "\")");
    if (askable({wish}, policy_).empty()) {
      print_error(what + "; your policy forbids it");
      continue;
    }
    const std::string once =
        when_ == When::for_a_profile
            ? fmt::format("in the profile: grant = [{}]", json_quote(texts.front()))
            : fmt::format("for one run: --grant {}", grants::shell_word(texts.front()));
    print_error(fmt::format("{}. To allow it: {} ({})", what,
                            grants::grant_command(metadata.name, texts), once));
  }
}

void GrantSource::say_what_has_no_effect(const Metadata& metadata) const {
  for (const Capability& grant : given_) {
    const auto asked = std::any_of(metadata.capabilities.begin(), metadata.capabilities.end(),
                                   [&](const Capability& one) { return one.kind == grant.kind; });
    if (asked) continue;
    print_error(fmt::format("{} does not ask for {}, so the grant has no effect", metadata.name,
                            to_string(grant.kind)));
  }
}

Result<GrantAnswer> GrantSource::answer(const Metadata& metadata, const Signer& signer) {
  say_what_has_no_effect(metadata);
  if (metadata.capabilities.empty()) return answer_;
  if (auto read = read_book(metadata, signer); !read) return tl::unexpected(read.error());
  if (known_ || !lacking(metadata).empty()) {
    // What cannot be noted cannot be asked about either; what was granted before holds.
    if (const auto noted = note(metadata, signer); !noted) {
      print_error(noted.error().message);
      answered_ = true;
    }
  }
  if (!answered_ && given_.empty() && can_ask()) {
    if (auto asked = ask_person(metadata, signer); !asked) return tl::unexpected(asked.error());
  }
  if (counted_ && when_ != When::at_installation) {
    if (auto taken = take_calls(metadata, signer); !taken) return tl::unexpected(taken.error());
  }
  say_what_is_lacking(metadata);
  return answer_;
}

}  // namespace

Result<void> use_grants(store::LoadRequest& request, const Profile* profile) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  auto policy = find_ceiling(*places, profile);
  if (!policy) return tl::unexpected(policy.error());
  request.config.policy = policy->to_capabilities();
  const When when = profile == nullptr ? When::for_one_run : When::for_a_profile;
  request.grants = [places = *places, given = request.config.capabilities, policy = *policy, when](
                       const Metadata& metadata, const Signer& signer) {
    return GrantSource(places, given, policy, when).answer(metadata, signer);
  };
  return {};
}

Result<void> offer_grants(const Metadata& metadata, const Signer& signer) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  const auto policy = find_ceiling(*places, nullptr);
  if (!policy) return tl::unexpected(policy.error());
  const auto answer =
      GrantSource(*places, {}, *policy, When::at_installation).answer(metadata, signer);
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

}  // namespace midimon::cli
