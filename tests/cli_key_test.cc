// midimon key, as a user sees it: files, statuses, and the prompt for a passphrase.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

using Args = std::vector<std::string>;

Finished key(const Scratch& scratch, Args args) {
  args.insert(args.begin(), "key");
  return run_midimon(scratch, args);
}

json key_json(const Scratch& scratch, Args args) {
  args.emplace_back("--json");
  return json::parse(key(scratch, std::move(args)).out, nullptr, false);
}

mode_t mode(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

// A scratch directory with a signed plugin, the keys a and b, and nothing trusted.
class Key : public ::testing::Test {
 protected:
  Key() {
    for (const char* name : {"a", "b"})
      public_key(name) = generate(name)["public_key"];
    std::filesystem::copy(guest("echo"), module_);
    EXPECT_EQ(sign("a").status, 0);
  }

  std::string& public_key(const std::string& name) { return name == "a" ? a_ : b_; }
  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.path(name); }
  [[nodiscard]] json generate(const std::string& name) const {
    return key_json(scratch_, {"generate", "--no-passphrase", "-s", path(name + ".key"), "-p",
                               path(name + ".pub")});
  }
  [[nodiscard]] Finished sign(const std::string& name, const Args& more = {}) const {
    Args args = {"sign", module_, "-s", path(name + ".key")};
    args.insert(args.end(), more.begin(), more.end());
    return key(scratch_, args);
  }
  [[nodiscard]] Finished verify(const Args& more = {}) const {
    Args args = {"verify", module_};
    args.insert(args.end(), more.begin(), more.end());
    return key(scratch_, args);
  }
  void trust(const std::string& name, const std::string& plugin) const {
    const Finished run =
        key(scratch_, {"trust", path(name + ".pub"), "--plugin", plugin, "--name", "Key " + name});
    EXPECT_EQ(run.status, 0) << run.err;
  }
  void expect_refused(int status, const std::string& because, const Args& more = {}) const {
    const Finished run = verify(more);
    EXPECT_EQ(run.status, status) << run.err;
    EXPECT_THAT(run.err, HasSubstr(because));
    EXPECT_EQ(run.out, "");
  }

  Scratch scratch_;
  std::string module_ = scratch_.path("echo.wasm");
  std::string a_;
  std::string b_;
};

TEST_F(Key, GenerateMakesPrivateFilesAndOverwritesNothing) {
  EXPECT_EQ(mode(path("a.key")), 0600U);
  EXPECT_EQ(mode(path("a.pub")), 0644U);
  const std::string before = read_text(path("a.key"));
  const Args again = {"generate", "--no-passphrase", "-s", path("a.key"), "-p", path("c.pub")};
  const Finished refused = key(scratch_, again);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(read_text(path("a.key")), before);
  EXPECT_FALSE(std::filesystem::exists(path("c.pub")));
  Args forced = again;
  forced.emplace_back("--force");
  const mode_t mask = ::umask(0);
  EXPECT_EQ(key(scratch_, forced).status, 0);
  ::umask(mask);
  EXPECT_NE(read_text(path("a.key")), before);
  EXPECT_EQ(mode(path("a.key")), 0600U);
}

TEST_F(Key, GenerateWithoutNamesUsesTheConfiguration) {
  EXPECT_EQ(key(scratch_, {"generate", "--no-passphrase"}).status, 0);
  EXPECT_EQ(mode(path("home/config/signing.key")), 0600U);
  EXPECT_EQ(mode(path("home/config")), 0700U);
  EXPECT_EQ(key(scratch_, {"sign", module_}).status, 0);
  EXPECT_EQ(key(scratch_, {"generate", "--no-passphrase", "-s", path("x")}).status, 2);
}

TEST_F(Key, SignBindsWhatTheModuleSaysOfItself) {
  const std::string text = read_text(module_ + ".minisig");
  EXPECT_THAT(text, HasSubstr("trusted comment: midimon-plugin 1 id=echo version=1.0.0 sha256="));
  const json again = key_json(scratch_, {"sign", module_, "-s", path("a.key"), "--id", "other",
                                         "--version", "2.0.0", "-x", path("sig")});
  EXPECT_THAT(again["trusted_comment"].get<std::string>(), HasSubstr("id=other version=2.0.0"));
  EXPECT_EQ(again["signature_file"], path("sig"));
  EXPECT_EQ(sign("a", {"--version", "2.0"}).status, 2);
  EXPECT_EQ(sign("a", {"--id", "NO"}).status, 2);
  EXPECT_EQ(sign("a", {"--id", "x", "--comment", "y"}).status, 2);
  EXPECT_EQ(sign("a", {"--comment", "midimon-plugin 1 id=x"}).status, 2);
  EXPECT_EQ(sign("a", {"--comment", "two\nlines"}).status, 2);
  EXPECT_EQ(read_text(module_ + ".minisig"), text) << "what fails leaves the old signature";
}

TEST_F(Key, SignSaysWhatToDoAboutAModuleThatCannotBeAsked) {
  write_text(module_, std::string("\0asm broken", 11));
  const Finished run = sign("a");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("--id and --version"));
  EXPECT_EQ(sign("a", {"--id", "echo", "--version", "1.0.0"}).status, 0);
  EXPECT_EQ(sign("a", {"--comment", "not a plugin yet"}).status, 0);
}

TEST_F(Key, VerifyIsZeroOnlyForATrustedKey) {
  expect_refused(3, "not known here");
  expect_refused(3, "the signature holds", {"--key", path("a.pub")});
  expect_refused(3, "not known here", {"--key", path("b.pub")});
  trust("a", "echo");
  const Finished run = verify();
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("echo 1.0.0 is signed by \"Key a\""));
  EXPECT_THAT(run.out, HasSubstr("Trusted comment: midimon-plugin 1 id=echo"));
  EXPECT_EQ(verify({"--key", a_}).status, 0);
  expect_refused(1, "not the key that you gave", {"--key", b_});
  const json said = key_json(scratch_, {"verify", module_});
  EXPECT_EQ(said["verdict"], "trusted");
  EXPECT_THAT(said["trusted_comment"].get<std::string>(), HasSubstr("id=echo"));
}

TEST_F(Key, VerifyHasAStatusAndAMessageForEachRefusal) {
  trust("a", "other");
  expect_refused(7, "but not for this plugin");
  trust("b", "echo");
  expect_refused(5, "has been signed by \"Key b\"");
  trust("a", "echo");
  expect_refused(6, "older than 1.0.1", {"--not-older-than", "1.0.1"});
  expect_refused(1, "The signature is for echo 1.0.0, not for scene", {"--id", "scene"});
  expect_refused(1, "not for echo 1.0.1", {"--version", "1.0.1"});
  expect_refused(2, "--not-older-than", {"--not-older-than", "1"});
  expect_refused(2, "Cannot read", {"--key", "nowhere.pub"});
  expect_refused(2, "Cannot read", {"-x", "nowhere.minisig"});

  const std::string bytes = read_text(module_);
  write_text(module_, bytes + '\0');
  expect_refused(1, "changed since");
  EXPECT_EQ(key_json(scratch_, {"verify", module_})["verdict"], "tampered");
  write_text(module_, bytes);

  const std::string signature = read_text(module_ + ".minisig");
  std::string changed = signature;
  changed.replace(changed.find("1.0.0"), 5, "9.0.0");
  write_text(module_ + ".minisig", changed);
  expect_refused(1, "not by the key");
  write_text(module_ + ".minisig", "hello");
  expect_refused(1, "no minisign signature");
  EXPECT_EQ(sign("a", {"--comment", "x"}).status, 0);
  expect_refused(1, "which plugin it is for");
  std::filesystem::remove(module_ + ".minisig");
  expect_refused(2, "not signed");
  write_text(module_ + ".minisig", signature);

  EXPECT_EQ(key(scratch_, {"revoke", "Key a", "--reason", "stolen"}).status, 0);
  expect_refused(4, "stolen");
}

TEST_F(Key, ACommentThatDoesNotHoldIsNotShown) {
  std::string changed = read_text(module_ + ".minisig");
  changed.replace(changed.find("midimon-plugin"), 14, "trust me, I am");
  write_text(module_ + ".minisig", changed);
  for (const Args& more :
       {Args{}, Args{"--json"}, Args{"--key", a_}, Args{"--key", a_, "--json"}}) {
    const Finished run = verify(more);
    EXPECT_NE(run.status, 0);
    EXPECT_THAT(run.out + run.err, Not(HasSubstr("trust me")));
  }
}

TEST_F(Key, AFileThatIsNoPluginIsTrustedForKeysThatAreNamedOrForAnything) {
  write_text(path("notes"), "hello\n");
  ASSERT_EQ(key(scratch_, {"sign", path("notes"), "-s", path("a.key")}).status, 0);
  const auto status = [&](const Args& more = {}) {
    Args args = {"verify", path("notes")};
    args.insert(args.end(), more.begin(), more.end());
    return key(scratch_, args).status;
  };
  EXPECT_EQ(status(), 3);
  EXPECT_EQ(status({"--key", a_}), 3);
  EXPECT_EQ(status({"--key", b_}), 1);
  trust("a", "echo");
  EXPECT_EQ(status(), 7) << "that it may sign echo says nothing of notes";
  EXPECT_EQ(status({"--key", a_}), 0);
  EXPECT_EQ(status({"--id", "echo"}), 1) << "as a plugin it is bound to nothing";
  trust("a", "*");
  EXPECT_EQ(status(), 0);
  write_text(path("notes"), "hellO\n");
  EXPECT_EQ(status(), 1);
  EXPECT_EQ(key(scratch_, {"revoke", a_, "--reason", "x"}).status, 0);
  EXPECT_EQ(status(), 4);
  EXPECT_EQ(status({"--key", a_}), 4);
}

TEST_F(Key, TrustAndRevokeAreShownByList) {
  EXPECT_EQ(key_json(scratch_, {"list"}), json::array());
  trust("a", "echo");
  trust("a", "*");
  EXPECT_EQ(mode(path("home/config/trusted_keys.toml")), 0600U);
  EXPECT_EQ(key(scratch_, {"revoke", b_, "--reason", "seen on a forum"}).status, 0);
  const json all = key_json(scratch_, {"list"});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["name"], "Key a");
  EXPECT_EQ(all[0]["plugins"], (json{"*", "echo"}));
  EXPECT_EQ(all[0]["trust"], "pinned");
  EXPECT_EQ(all[0]["revoked"], nullptr);
  EXPECT_EQ(all[1]["revoked"]["reason"], "seen on a forum");
  const Finished text = key(scratch_, {"list"});
  EXPECT_THAT(text.out, HasSubstr("signs *, echo"));
  EXPECT_THAT(text.out, HasSubstr("REVOKED"));
  const Finished refused = key(scratch_, {"trust", b_, "--plugin", "x"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("seen on a forum"));
}

TEST_F(Key, TrustAndRevokeSayWhatIsMissing) {
  EXPECT_THAT(key(scratch_, {"trust", a_}).err, HasSubstr("--plugin ID"));
  EXPECT_THAT(key(scratch_, {"trust", a_, "--plugin", "acme-*"}).err, HasSubstr("no plugin id"));
  EXPECT_THAT(key(scratch_, {"trust", "--plugin", "x"}).err, HasSubstr("KEY"));
  EXPECT_THAT(key(scratch_, {"revoke", "nobody", "--reason", "x"}).err, HasSubstr("No key has"));
  EXPECT_EQ(key(scratch_, {"revoke", a_}).status, 2);
  EXPECT_EQ(key_json(scratch_, {"list"}), json::array());
}

TEST_F(Key, ARotationHandsThePluginToTheNextKey) {
  trust("a", "echo");
  const std::string statement = path("echo.rotation");
  ASSERT_EQ(key(scratch_, {"rotate", b_, "--plugin", "echo", "-s", path("a.key"), "-o", statement})
                .status,
            0);
  ASSERT_EQ(sign("b").status, 0);
  expect_refused(5, "--rotation");
  const json now = key_json(scratch_, {"trust", "--rotation", statement});
  EXPECT_EQ(now["public_key"], b_);
  EXPECT_EQ(now["trust"], "rotation");
  EXPECT_EQ(verify().status, 0);
  ASSERT_EQ(sign("a").status, 0);
  expect_refused(5, "has been signed by");
  EXPECT_EQ(key(scratch_, {"trust", "--rotation", statement}).status, 2) << "twice";
}

TEST_F(Key, ARotationByAnyoneElseIsRefused) {
  trust("a", "echo");
  const std::string statement = path("echo.rotation");
  ASSERT_EQ(key(scratch_, {"rotate", a_, "--plugin", "echo", "-s", path("b.key"), "-o", statement})
                .status,
            0);
  EXPECT_EQ(key(scratch_, {"trust", "--rotation", statement}).status, 2);
  std::string text = read_text(statement);
  text.replace(text.find(b_), b_.size(), std::string(56, '#'));
  text.replace(text.find(a_), a_.size(), b_);
  text.replace(text.find('#'), 56, a_);
  write_text(statement, text);
  EXPECT_EQ(key(scratch_, {"trust", "--rotation", statement}).status, 2);
  EXPECT_EQ(verify().status, 0);
}

TEST_F(Key, AKeyringThatOthersCanWriteToIsNotUsed) {
  trust("a", "echo");
  const std::string keyring = path("home/config/trusted_keys.toml");
  ::chmod(keyring.c_str(), 0666);
  expect_refused(2, "chmod go-w");
  ::chmod(keyring.c_str(), 0600);
  write_text(keyring, "format = 1\n[[keys]]\nnam = \"x\"\n");
  expect_refused(2, "trusted_keys.toml:3:1: a [[keys]] has no key \"nam\"");
}

TEST_F(Key, ASecretKeyThatOthersCanReadIsNotUsed) {
  ::chmod(path("a.key").c_str(), 0644);
  const Finished run = sign("a");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("chmod 0600"));
}

TEST_F(Key, ErrorsDoNotShowSecrets) {
  const std::string secret = read_text(path("a.key"));
  const std::string part = secret.substr(secret.size() - 60, 20);
  for (const Args& args :
       {Args{"trust", path("a.key"), "--plugin", "x"}, Args{"verify", module_, "-p", path("a.key")},
        Args{"verify", module_, "-x", path("a.key")}, Args{"sign", module_, "-s", path("a.pub")}}) {
    const Finished run = key(scratch_, args);
    EXPECT_NE(run.status, 0);
    EXPECT_THAT(run.out + run.err, Not(HasSubstr(part))) << args[0];
  }
}

}  // namespace
}  // namespace midimon::testing
