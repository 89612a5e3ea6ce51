#include "store/install.h"

#include <gmock/gmock.h>

#include <functional>

#include "store/load.h"
#include "store/source.h"
#include "store/test_support.h"

namespace midimon::store {
namespace {

using namespace testing;  // NOLINT
using ::testing::Contains;
using ::testing::HasSubstr;
using trust::Verdict;

// A plugin by a key that nobody knows, so that the user is asked; what happens meanwhile is the
// test's.
class Install : public RunningHome {
 protected:
  Install() {
    write_file(file_, echo());
    write_file(file_ + ".minisig", sign(anna_, echo()));
  }

  OrRefusal<Installed> install(const std::function<void()>& meanwhile) {
    const auto package = read_source(file_).value();
    InstallRequest request;
    request.name = "echo.wasm";
    request.offered_key = anna_.public_key();
    return store::install(*runtime_, package, request, [&](const FirstUse& first) {
      EXPECT_EQ(first.claim.id, "echo");
      EXPECT_EQ(first.key, anna_.public_key());
      ++asked_;
      meanwhile();
      return Result<void>();
    });
  }
  void expect_refused(const std::function<void()>& meanwhile, const std::string& words) {
    const auto installed = install(meanwhile);
    ASSERT_FALSE(installed);
    EXPECT_THAT(installed.error().error.message, HasSubstr(words));
    EXPECT_EQ(asked_, 1);
    EXPECT_FALSE(Store(places_).in_use("echo"));
    EXPECT_FALSE(std::filesystem::exists(stored(".staged")));
  }

  std::string file_ = (root_ / "echo.wasm").string();
  int asked_ = 0;
};

// So that the first press need not wait for it.
TEST_F(Install, CompilesForAllThatLoadItLater) {
  const auto runtime_of = [this](std::uint32_t instances) {
    RuntimeOptions options;
    options.home = root_.string();
    options.max_instances = instances;
    options.aot_cache = true;
    options.audit = false;
    return std::move(Runtime::create(std::move(options)).value());
  };
  runtime_ = runtime_of(8);
  ASSERT_TRUE(install([] {}));
  EXPECT_EQ(runtime_->parts().aot_cache->counts().kept, 1U);
  runtime_ = runtime_of(64);
  const auto loaded = store::load(*runtime_, {"echo", "", false, {}});
  ASSERT_TRUE(loaded) << loaded.error().error.message;
  EXPECT_EQ(runtime_->parts().aot_cache->counts().found, 1U);
  EXPECT_EQ(runtime_->parts().aot_cache->counts().compiled, 0U);
}

TEST_F(Install, WhatIsInstalledIsWhatWasChecked) {
  const auto installed = install([this] {
    write_file(file_, evil(echo()));
    write_file(file_ + ".minisig", sign(ben_, evil(echo())));
  });
  ASSERT_TRUE(installed) << installed.error().error.message;
  EXPECT_EQ(read_file(stored("echo/1.0.0/plugin.wasm")), echo());
  EXPECT_EQ(trust::load_keyring(trust::keyring_path(places_))->signer_of("echo")->key,
            anna_.public_key());
}

// Of a directory, too, whose files are exchanged or become links while somebody is asked.
TEST_F(Install, TheManifestIsTheOneThatWasCheckedToo) {
  const std::string directory = (root_ / "echo").string();
  std::filesystem::create_directory(directory);
  const std::string manifest = package::to_toml({"echo", "1.0.0"});
  write_file(directory + "/plugin.wasm", echo());
  write_file(directory + "/plugin.wasm.minisig", sign(anna_, echo()));
  write_file(directory + "/manifest.toml", manifest);
  file_ = directory;
  const auto installed = install([&] {
    std::filesystem::remove(directory + "/manifest.toml");
    write_file(root_ / "other.toml", package::to_toml({"echo", "9.9.9"}));
    std::filesystem::create_symlink(root_ / "other.toml", directory + "/manifest.toml");
    write_file(directory + "/plugin.wasm", evil(echo()));
  });
  ASSERT_TRUE(installed) << installed.error().error.message;
  EXPECT_EQ(read_file(stored("echo/1.0.0/manifest.toml")), manifest);
  EXPECT_EQ(read_file(stored("echo/1.0.0/plugin.wasm")), echo());
}

TEST_F(Install, IsJudgedAgainByWhatTheKeyringSaysInTheEnd) {
  expect_refused([this] { trust(ben_, "echo"); }, "is signed by the key");
}

TEST_F(Install, IsRefusedIfTheKeyIsRevokedMeanwhile) {
  expect_refused([this] { revoke(anna_); }, "It was stolen.");
}

TEST_F(Install, IsRefusedIfANewerVersionWasInUseMeanwhile) {
  expect_refused(
      [this] {
        auto change = StoreChange::begin(places_).value();
        const auto newer = trust::SemVer::parse("1.1.0");
        ASSERT_TRUE(change.stage(package::Package::make({{"plugin.wasm", ""}}).value()));
        ASSERT_TRUE(change.put("echo", {newer, *newer}));
        ASSERT_TRUE(change.remove("echo", false));
      },
      "--older");
  EXPECT_EQ(trust::load_keyring(trust::keyring_path(places_))->signer_of("echo"), nullptr)
      << "what was not installed binds nobody";
  EXPECT_THAT(events(), Contains("refuse echo downgrade"));
}

TEST_F(Install, AsksNobodyAboutWhatDoesNotHold) {
  write_file(file_, evil(echo()));
  const auto installed = install([] {});
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().verdict, Verdict::tampered);
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace midimon::store
