#include "trust/decision.h"

#include <gmock/gmock.h>

#include <functional>

#include "trust/plugin_binding.h"
#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;

constexpr std::string_view kModule = "the module";
constexpr std::string_view kOther = "another module";

const SecretKey& anna() {
  static const SecretKey key = SecretKey::generate();
  return key;
}
const SecretKey& ben() {
  static const SecretKey key = SecretKey::generate();
  return key;
}

std::string comment(std::string_view id, std::string_view version, std::string_view module) {
  return to_comment(*make_binding(id, version, digest_of(bytes_of(module)).sha256));
}

std::string signature(const SecretKey& key, std::string_view module, const std::string& text) {
  return to_file(*key.sign(bytes_of(module), text));
}

// What one row is about: scene 1.2.0, signed by Anna, unless it is changed.
struct Case {
  std::string id = "scene";
  std::string version = "1.2.0";
  std::string_view module = kModule;
  std::optional<std::string> signature_text =
      signature(anna(), kModule, comment("scene", "1.2.0", kModule));
  std::optional<PublicKey> offered;
  std::optional<SemVer> highest_seen;
  bool unsigned_allowed = false;
  Keyring ring;

  void trust(const SecretKey& key, std::vector<std::string> plugins, bool any = false) {
    EXPECT_TRUE(ring.trust(
        {"Name", key.public_key(), TrustOrigin::pinned, {}, std::move(plugins), any, {}}));
  }
  void revoke(const SecretKey& key) {
    EXPECT_TRUE(ring.revoke(key.public_key(), "Name", {{}, "the laptop was stolen"}));
  }
  void sign(const SecretKey& key, std::string_view bytes, const std::string& text) {
    signature_text = signature(key, bytes, text);
  }
};

Decision decide(const Case& row) {
  Candidate candidate{
      row.id,           row.version,         digest_of(bytes_of(row.module)), {}, row.offered,
      row.highest_seen, row.unsigned_allowed};
  if (row.signature_text) candidate.signature = *row.signature_text;
  return trust::decide(candidate, row.ring);
}

struct Row {
  const char* name;
  Verdict verdict;
  const char* says;
  std::function<void(Case&)> change;
};

class DecisionTable : public ::testing::TestWithParam<Row> {};

TEST_P(DecisionTable, Row) {
  Case row;
  GetParam().change(row);
  const Decision decision = decide(row);
  EXPECT_EQ(to_string(decision.verdict), to_string(GetParam().verdict)) << decision.message;
  EXPECT_THAT(decision.message, HasSubstr(GetParam().says));
  EXPECT_EQ(may_run(decision.verdict),
            decision.verdict == Verdict::trusted || decision.verdict == Verdict::unsigned_allowed);
}

void known(Case& row) {
  row.trust(anna(), {"scene"});
}

const Row kRows[] = {
    {"Trusted", Verdict::trusted, "scene 1.2.0 is signed by \"Name\"", known},
    {"TrustedForAnyPlugin", Verdict::trusted, "", [](Case& c) { c.trust(anna(), {}, true); }},
    {"TrustedAndSeenBefore", Verdict::trusted, "",
     [](Case& c) { known(c), c.highest_seen = SemVer::parse("1.2.0"); }},
    {"TrustedAndNewer", Verdict::trusted, "",
     [](Case& c) { known(c), c.highest_seen = SemVer::parse("1.2.0-rc.9"); }},
    {"TrustedWhateverCameWithIt", Verdict::trusted, "",
     [](Case& c) { known(c), c.offered = ben().public_key(); }},
    {"TrustedThoughUnsignedIsAllowed", Verdict::trusted, "",
     [](Case& c) { known(c), c.unsigned_allowed = true; }},

    {"FirstUse", Verdict::first_use, "--plugin scene",
     [](Case& c) { c.offered = anna().public_key(); }},
    {"FirstUseNextToOtherKeys", Verdict::first_use, "",
     [](Case& c) { c.trust(ben(), {"other"}), c.offered = anna().public_key(); }},

    {"Unsigned", Verdict::missing_signature, "not signed",
     [](Case& c) { c.signature_text.reset(); }},
    {"UnsignedThoughItsKeyIsKnown", Verdict::missing_signature, "",
     [](Case& c) { known(c), c.signature_text.reset(); }},
    {"UnsignedAndAllowed", Verdict::unsigned_allowed, "nobody vouches",
     [](Case& c) { c.signature_text.reset(), c.unsigned_allowed = true; }},
    {"AllowedUnsignedDoesNotHelpABadSignature", Verdict::tampered, "",
     [](Case& c) { known(c), c.module = kOther, c.unsigned_allowed = true; }},

    {"UnknownSigner", Verdict::unknown_signer, "not known here", [](Case&) {}},
    {"UnknownSignerWithTheKeyOfAnother", Verdict::unknown_signer, "",
     [](Case& c) { c.offered = ben().public_key(); }},

    {"ChangedSigner", Verdict::changed_signer, "--rotation",
     [](Case& c) { c.trust(ben(), {"scene"}); }},
    {"ChangedSignerWithKeyOffered", Verdict::changed_signer, "",
     [](Case& c) { c.trust(ben(), {"scene"}), c.offered = anna().public_key(); }},
    {"ChangedSignerThoughTrustedForAnyPlugin", Verdict::changed_signer, "",
     [](Case& c) { c.trust(anna(), {}, true), c.trust(ben(), {"scene"}); }},
    {"ChangedSignerAfterARevocation", Verdict::changed_signer, "",
     [](Case& c) { c.trust(ben(), {"scene"}), c.revoke(ben()), c.offered = anna().public_key(); }},

    {"NotAllowed", Verdict::not_allowed, "not for this plugin",
     [](Case& c) { c.trust(anna(), {"other"}); }},

    {"Revoked", Verdict::revoked_key, "the laptop was stolen",
     [](Case& c) { known(c), c.revoke(anna()); }},
    {"RevokedBeforeItWasKnown", Verdict::revoked_key, "",
     [](Case& c) { c.revoke(anna()), c.offered = anna().public_key(); }},
    {"RevokedUnderAnotherId", Verdict::revoked_key, "",
     [](Case& c) {
       c.revoke(anna());
       PublicKey disguised = anna().public_key();
       disguised.id.bytes[0] ^= 1;
       Signature signature = *parse_signature(*c.signature_text);
       signature.key_id = disguised.id;
       c.signature_text = to_file(signature);
       c.offered = disguised;
     }},

    {"NoSignatureAtAll", Verdict::bad_signature, "no minisign signature",
     [](Case& c) { known(c), c.signature_text = "hello"; }},
    {"EmptySignature", Verdict::bad_signature, "",
     [](Case& c) { known(c), c.signature_text = ""; }},
    {"Forged", Verdict::bad_signature, "not by the key",
     [](Case& c) {
       known(c);
       Signature forged = *parse_signature(*c.signature_text);
       const Signature bens = *ben().sign(bytes_of(kModule), forged.trusted_comment);
       forged.bytes = bens.bytes, forged.comment_bytes = bens.comment_bytes;
       c.signature_text = to_file(forged);
     }},
    {"CommentChanged", Verdict::bad_signature, "was changed",
     [](Case& c) {
       known(c);
       Signature changed = *parse_signature(*c.signature_text);
       changed.trusted_comment = comment("scene", "9.0.0", kModule);
       c.signature_text = to_file(changed), c.version = "9.0.0";
     }},
    {"OfferedKeyWithTheIdOfAKnownOne", Verdict::bad_signature, "",
     [](Case& c) {
       known(c);
       PublicKey disguised = ben().public_key();
       disguised.id = anna().public_key().id;
       Signature bens = *ben().sign(bytes_of(kModule), comment("scene", "1.2.0", kModule));
       bens.key_id = disguised.id;
       c.signature_text = to_file(bens), c.offered = disguised;
     }},
    {"OfferedKeyThatDidNotSign", Verdict::bad_signature, "",
     [](Case& c) {
       PublicKey disguised = ben().public_key();
       disguised.id = anna().public_key().id;
       c.offered = disguised;
     }},
    {"HashOfThisModuleSignatureOfAnother", Verdict::bad_signature, "though it names it",
     [](Case& c) { known(c), c.sign(anna(), kOther, comment("scene", "1.2.0", kModule)); }},
    {"Legacy", Verdict::bad_signature, "legacy",
     [](Case& c) {
       known(c);
       Signature legacy = *parse_signature(*c.signature_text);
       legacy.kind = Signature::Kind::legacy;
       c.signature_text = to_file(legacy);
     }},

    {"Tampered", Verdict::tampered, "changed since", [](Case& c) { known(c), c.module = kOther; }},
    {"TamperedOnFirstUse", Verdict::tampered, "",
     [](Case& c) { c.offered = anna().public_key(), c.module = kOther; }},

    {"Unbound", Verdict::unbound, "which plugin it is for",
     [](Case& c) { known(c), c.sign(anna(), kModule, "timestamp:1"); }},
    {"UnboundForATwice", Verdict::unbound, "twice",
     [](Case& c) {
       known(c), c.sign(anna(), kModule, comment("scene", "1.2.0", kModule) + " id=other");
     }},

    {"AnotherPlugin", Verdict::wrong_plugin, "is for other 1.2.0",
     [](Case& c) { known(c), c.sign(anna(), kModule, comment("other", "1.2.0", kModule)); }},
    {"TheSignatureOfAnotherPluginOfTheSameAuthor", Verdict::wrong_plugin, "",
     [](Case& c) { known(c), c.sign(anna(), kOther, comment("other", "1.0.0", kOther)); }},
    {"AnotherVersion", Verdict::wrong_plugin, "is for scene 1.3.0",
     [](Case& c) { known(c), c.sign(anna(), kModule, comment("scene", "1.3.0", kModule)); }},
    {"TheSameVersionInOtherLetters", Verdict::wrong_plugin, "",
     [](Case& c) { known(c), c.version = "1.2.0+x"; }},
    {"AVersionThatIsNone", Verdict::wrong_plugin, "", [](Case& c) { known(c), c.version = "1.2"; }},
    {"AnotherModule", Verdict::wrong_plugin, "another module",
     [](Case& c) { known(c), c.sign(anna(), kModule, comment("scene", "1.2.0", kOther)); }},

    {"Downgrade", Verdict::downgrade, "older than 1.10.0",
     [](Case& c) { known(c), c.highest_seen = SemVer::parse("1.10.0"); }},
    {"DowngradeOnFirstUse", Verdict::downgrade, "",
     [](Case& c) { c.offered = anna().public_key(), c.highest_seen = SemVer::parse("1.2.1"); }},
};

INSTANTIATE_TEST_SUITE_P(All, DecisionTable, ::testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Decision, EveryBitOfTheSignatureAndTheModuleCounts) {
  Case row;
  known(row);
  const std::string good = *row.signature_text;
  for (std::size_t i = good.find('\n') + 1; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      row.signature_text = good;
      (*row.signature_text)[i] = static_cast<char>(good[i] ^ (1 << bit));
      EXPECT_FALSE(may_run(decide(row).verdict)) << i << ' ' << bit;
    }
  }
  row.signature_text = good;
  std::string module(kModule);
  for (char& byte : module) {
    byte ^= 1;
    row.module = module;
    EXPECT_EQ(decide(row).verdict, Verdict::tampered);
    byte ^= 1;
  }
}

TEST(Decision, NamesOfStrangersAreMadeSafeToShow) {
  Case row;
  row.id = "a\x1b[2Jb";
  EXPECT_THAT(decide(row).message, HasSubstr("a\\x1b[2Jb"));
}

TEST(Decision, TellsWhichKeyTheSignatureNames) {
  Case row;
  EXPECT_EQ(decide(row).key, anna().public_key().id);
  row.signature_text.reset();
  EXPECT_FALSE(decide(row).key);
}

}  // namespace
}  // namespace midimon::trust
