#include "store/load.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "package/archive.h"
#include "store/install.h"
#include "store/manage.h"
#include "store/source.h"
#include "store/test_support.h"

namespace midimon::store {
namespace {

using namespace testing;  // NOLINT
using ::testing::Contains;
using ::testing::HasSubstr;
using trust::Verdict;

constexpr const char* kModuleFile = "echo/1.0.0/plugin.wasm";

class Load : public RunningHome {
 protected:
  Load() {
    trust(anna_, "echo");
    install("1.0.0");
  }

  void install(const std::string& version) {
    const std::string module = echo(version);
    const auto package =
        package::Package::make(
            {{"plugin.wasm", module}, {"plugin.wasm.minisig", sign(anna_, module, version)}})
            .value();
    const auto done = store::install(*runtime_, package, {.name = "test"},
                                     [](const FirstUse&) { return Result<void>(); });
    ASSERT_TRUE(done) << done.error().error.message;
  }
  OrRefusal<Loaded> load(bool unsigned_allowed = false) {
    return store::load(*runtime_, {"echo", "", unsigned_allowed, {}});
  }
  OrRefusal<Loaded> load_file(const std::filesystem::path& file, bool unsigned_allowed = false) {
    return store::load(*runtime_, {"", file.string(), unsigned_allowed, {}});
  }
  // That it is refused with this verdict, in words of its own, and that the audit knows.
  void expect_refused(const OrRefusal<Loaded>& loaded, std::optional<Verdict> verdict,
                      const std::string& words) {
    ASSERT_FALSE(loaded) << words;
    EXPECT_EQ(loaded.error().verdict, verdict);
    EXPECT_THAT(loaded.error().error.message, HasSubstr(words));
    if (verdict) {
      EXPECT_THAT(events(), Contains("refuse echo " + std::string(to_string(*verdict))));
    }
  }
  void sign_as(const trust::SecretKey& key, const std::string& version = "1.0.0",
               const std::string& id = "echo") const {
    write_file(stored(kModuleFile).string() + ".minisig",
               sign(key, read_file(stored(kModuleFile)), version, id));
  }
};

TEST_F(Load, TakesWhatATrustedKeySigned) {
  auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().error.message;
  EXPECT_EQ(loaded->decision.verdict, Verdict::trusted);
  EXPECT_EQ(loaded->plugin.metadata().version, "1.0.0");
  EXPECT_EQ(loaded->plugin.execute({.action = "say"}).outcome, Outcome::ok);
}

TEST_F(Load, GrantsAreAskedForWithTheSignerThatWasJudged) {
  std::string asked;
  LoadRequest request{"echo", "", false, {}};
  request.grants = [&](const Metadata& metadata, const grants::Signer& signer) {
    asked = metadata.name + " " + signer.text();
    return Result<GrantAnswer>(GrantAnswer());
  };
  auto loaded = store::load(*runtime_, request);
  ASSERT_TRUE(loaded) << loaded.error().error.message;
  EXPECT_EQ(asked, "echo " + to_string(anna_.public_key().id));
  EXPECT_EQ(loaded->signer, grants::Signer(anna_.public_key().id));

  const std::string module = evil(echo());
  request.file = root_ / "evil.wasm";
  write_file(request.file, module);
  request.unsigned_allowed = true;
  ASSERT_TRUE(store::load(*runtime_, request));
  const std::span bytes(reinterpret_cast<const std::byte*>(module.data()), module.size());
  EXPECT_EQ(asked, "echo unsigned:" + trust::to_hex(trust::digest_of(bytes).sha256));

  asked.clear();
  write_file(request.file + ".minisig", sign(ben_, module));
  EXPECT_FALSE(store::load(*runtime_, request));
  EXPECT_EQ(asked, "") << "nobody is asked about what is refused";
}

TEST_F(Load, RefusesAChangedModule) {
  write_file(stored(kModuleFile), evil(echo()));
  expect_refused(load(), Verdict::tampered, "changed since");
  expect_refused(load(true), Verdict::tampered, "changed since");
}

TEST_F(Load, RefusesARevokedKey) {
  revoke(anna_);
  expect_refused(load(), Verdict::revoked_key, "It was stolen.");
}

TEST_F(Load, RefusesAChangedSigner) {
  sign_as(ben_);
  expect_refused(load(), Verdict::changed_signer, "has been signed by");
  trust(ben_, "another");
  expect_refused(load(), Verdict::changed_signer, "has been signed by");
}

TEST_F(Load, RefusesAMissingOrBrokenSignature) {
  std::filesystem::remove(stored(kModuleFile).string() + ".minisig");
  expect_refused(load(), Verdict::missing_signature, "not signed");
  EXPECT_EQ(load(true)->decision.verdict, Verdict::unsigned_allowed);
  write_file(stored(kModuleFile).string() + ".minisig", "");
  expect_refused(load(true), Verdict::bad_signature, "no minisign signature");
}

TEST_F(Load, RefusesTheSignatureOfAnotherPluginOrVersion) {
  sign_as(anna_, "1.0.1");
  expect_refused(load(), Verdict::wrong_plugin, "for echo 1.0.1, not for echo 1.0.0");
  sign_as(anna_, "1.0.0", "other");
  expect_refused(load(), Verdict::wrong_plugin, "for other 1.0.0");
}

TEST_F(Load, RefusesAnOlderVersionThanTheOneInUse) {
  install("1.1.0");
  EXPECT_EQ(load()->plugin.metadata().version, "1.1.0");
  // The pointer alone is turned back.
  write_file(stored("echo/installed.toml"),
             "format = 1\nversion = \"1.0.0\"\nnot_older_than = \"1.1.0\"\n");
  expect_refused(load(), Verdict::downgrade, "older than 1.1.0");
  // The version in use is replaced by the older one, signature and all.
  write_file(stored("echo/installed.toml"),
             "format = 1\nversion = \"1.1.0\"\nnot_older_than = \"1.1.0\"\n");
  std::filesystem::remove_all(stored("echo/1.1.0"));
  std::filesystem::rename(stored("echo/1.0.0"), stored("echo/1.1.0"));
  expect_refused(load(), Verdict::wrong_plugin, "for echo 1.0.0, not for echo 1.1.0");
}

TEST_F(Load, SaysWhatIsMissing) {
  expect_refused(store::load(*runtime_, {"other", "", false, {}}), {}, "not installed");
  EXPECT_THAT(events(), Contains("refuse other missing"));
  expect_refused(store::load(*runtime_, {"../echo", "", false, {}}), {}, "not installed");
  std::filesystem::remove(stored(kModuleFile));
  expect_refused(load(), {}, "plugin.wasm is missing. Install echo 1.0.0 again");
  std::filesystem::remove_all(stored("echo/1.0.0"));
  expect_refused(load(), {}, "is missing");
  EXPECT_THAT(events(), Contains("refuse echo missing"));
}

TEST_F(Load, RefusesAModuleThatSaysItIsAnotherOne) {
  // The signer vouches for what the module does not say.
  write_file(stored(kModuleFile), echo("1.2.3"));
  sign_as(anna_);
  expect_refused(load(), {}, "says that it is version 1.2.3");
}

TEST_F(Load, FollowsNoLinkAnywhereInTheStore) {
  // Each is a genuine plugin behind the link; what is refused is the way to it.
  const std::filesystem::path away = root_ / "away";
  for (const char* name : {"", "echo", "echo/1.0.0", "echo/installed.toml", kModuleFile,
                           "echo/1.0.0/plugin.wasm.minisig"}) {
    std::filesystem::path path = stored(name);
    if (*name == '\0') path = path.parent_path();
    std::filesystem::rename(path, away);
    std::filesystem::create_symlink(away, path);
    expect_refused(load(), {}, "symbolic link");
    std::filesystem::remove(path);
    std::filesystem::rename(away, path);
    ASSERT_TRUE(load()) << name;
  }
}

TEST_F(Load, RefusesFilesThatCouldBeChangedUnderAnotherName) {
  for (const char* name : {"echo/installed.toml", kModuleFile, "echo/1.0.0/plugin.wasm.minisig"}) {
    std::filesystem::create_hard_link(stored(name), root_ / "other");
    expect_refused(load(), {}, "another name too");
    std::filesystem::remove(root_ / "other");
    ASSERT_EQ(::chmod(stored(name).c_str(), 0666), 0);
    expect_refused(load(), {}, "others may write to it");
    ASSERT_EQ(::chmod(stored(name).c_str(), 0600), 0);
  }
  ASSERT_EQ(::chmod(stored("echo/1.0.0").c_str(), 0777), 0);
  expect_refused(load(), {}, "chmod 0700");
}

TEST_F(Load, AFifoInThePlaceOfAModuleDoesNotHangIt) {
  std::filesystem::remove(stored(kModuleFile));
  ASSERT_EQ(::mkfifo(stored(kModuleFile).c_str(), 0600), 0);
  expect_refused(load(), {}, "is not a file");
}

// Swaps what is under the name of the module while it is loaded, by rename and by writing.
TEST_F(Load, WhatRunsIsWhatWasChecked) {
  const std::string good = echo();
  const std::string bad = evil(good);
  std::atomic<bool> stop = false;
  std::thread attacker([&] {
    for (unsigned round = 0; !stop; ++round) {
      const auto& bytes = round % 2 == 0 ? bad : good;
      if (round % 4 < 2) {
        const std::filesystem::path fresh = root_ / "fresh";
        write_file(fresh, bytes);
        ::chmod(fresh.c_str(), 0600);
        std::filesystem::rename(fresh, stored(kModuleFile));
      } else {
        write_file(stored(kModuleFile), bytes);
      }
    }
  });
  int taken = 0;
  int refused = 0;
  for (int round = 0; round < 2000 && (taken < 20 || refused < 20); ++round) {
    (load() ? taken : refused) += 1;
  }
  stop = true;
  attacker.join();
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
  const std::span bytes(reinterpret_cast<const std::byte*>(good.data()), good.size());
  const std::string hash = trust::to_hex(trust::digest_of(bytes).sha256);
  for (const std::string& event : events()) {
    EXPECT_TRUE(!event.starts_with("load ") || event == "load echo " + hash) << event;
  }
}

TEST_F(Load, AFileNeedsItsSignatureBesideIt) {
  const std::filesystem::path file = root_ / "echo.wasm";
  write_file(file, echo());
  const auto bare = load_file(file);
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().verdict, Verdict::missing_signature);
  EXPECT_THAT(bare.error().error.message, HasSubstr("--unsigned"));
  EXPECT_EQ(load_file(file, true)->decision.verdict, Verdict::unsigned_allowed);
  write_file(file.string() + ".minisig", sign(anna_, echo()));
  EXPECT_EQ(load_file(file)->decision.verdict, Verdict::trusted);
  write_file(file, evil(echo()));
  EXPECT_EQ(load_file(file, true).error().verdict, Verdict::tampered);
  EXPECT_FALSE(store::load(*runtime_, {"other", file.string(), true, {}}));
}

TEST_F(Load, TakesThePackageAndTheDirectoryThatInstallTakes) {
  const std::filesystem::path directory = root_ / "echo";
  std::filesystem::create_directory(directory);
  write_file(directory / "plugin.wasm", echo());
  write_file(directory / "plugin.wasm.minisig", sign(anna_, echo()));
  write_file(directory / "manifest.toml", package::to_toml({"echo", "1.0.0"}));
  EXPECT_EQ(load_file(directory)->decision.verdict, Verdict::trusted);
  const auto package = read_source(directory.string());
  ASSERT_TRUE(package) << package.error().message;
  const std::filesystem::path file = root_ / "echo-1.0.0.midiplug";
  const auto bytes = package::write_archive(*package);
  ASSERT_TRUE(bytes) << bytes.error().message;
  write_file(file, *bytes);
  const auto loaded = load_file(file);
  ASSERT_TRUE(loaded) << loaded.error().error.message;
  EXPECT_EQ(loaded->decision.verdict, Verdict::trusted);
  write_file(directory / "plugin.wasm", evil(echo()));
  EXPECT_EQ(load_file(directory, true).error().verdict, Verdict::tampered);
  write_file(file, bytes->substr(0, bytes->size() / 2));
  EXPECT_THAT(load_file(file, true).error().error.message, HasSubstr("echo-1.0.0.midiplug: "));
}

TEST_F(Load, AFileIsNoWayAroundTheOrderOfVersions) {
  const std::filesystem::path file = root_ / "echo.wasm";
  write_file(file, echo());
  write_file(file.string() + ".minisig", sign(anna_, echo()));
  install("1.1.0");
  EXPECT_EQ(load_file(file).error().verdict, Verdict::downgrade);
  ASSERT_TRUE(roll_back(*runtime_, "echo", {}));
  EXPECT_TRUE(load_file(file));
}

TEST_F(Load, MakesNothing) {
  const std::filesystem::path file = root_ / "echo.wasm";
  write_file(file, echo());
  std::filesystem::remove_all(places_.data);
  std::filesystem::remove_all(places_.config);
  EXPECT_TRUE(load_file(file, true));
  expect_refused(load(), {}, "not installed");
  EXPECT_TRUE(Store(places_).ids()->empty());
  EXPECT_FALSE(std::filesystem::exists(places_.data));
  EXPECT_FALSE(std::filesystem::exists(places_.config));
}

TEST_F(Load, DoesNotNeedAKeyringForWhatNeedsNoSignature) {
  const std::filesystem::path file = root_ / "echo.wasm";
  write_file(file, echo());
  write_file(trust::keyring_path(places_), "broken");
  EXPECT_TRUE(load_file(file, true));
  expect_refused(load(), {}, "trusted_keys.toml:1:");
}

}  // namespace
}  // namespace midimon::store
