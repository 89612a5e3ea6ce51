// What a registry may do to whoever pulls from it, played by a web server on this machine.
#include "registry/oci_repository.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "net/test_support.h"

namespace midimon::registry {
namespace {

using net::testing::code_of;
using net::testing::error_of;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kName = "anna/echo";
const std::string kBasic = "YW5uYTpzZWNyZXQ=";  // anna:secret

std::string digest_of(const std::string& bytes) {
  return to_oci_digest(trust::digest_of(std::as_bytes(std::span(bytes))).sha256);
}

json layer(const std::string& bytes, const std::string& type, const std::string& title) {
  return {{"mediaType", type},
          {"digest", digest_of(bytes)},
          {"size", bytes.size()},
          {"annotations", {{"org.opencontainers.image.title", title}}}};
}

// The manifest of a package.
json manifest_of(const std::string& bytes) {
  return {{"schemaVersion", 2},
          {"mediaType", kManifestType},
          {"layers", {layer(bytes, std::string(kPackageType), "echo.midiplug")}}};
}

class Repository : public net::testing::Web {
 protected:
  Repository() {
    for (const char* folder : {"manifests", "blobs"})
      std::filesystem::create_directories(www() / "v2" / kName / folder);
    put_manifest(manifest_of("hello"));
    put_blob("hello");
  }

  static std::string manifest_file(const std::string& tag) {
    return "v2/" + std::string(kName) + "/manifests/" + tag;
  }
  static std::string blob_file(const std::string& bytes) {
    return "v2/" + std::string(kName) + "/blobs/" + digest_of(bytes);
  }
  void put_manifest(const json& manifest, const std::string& how = {}) const {
    server_.put(manifest_file("1"), manifest.dump(), how);
  }
  void put_blob(const std::string& bytes) const { server_.put(blob_file(bytes), bytes); }

  [[nodiscard]] OciReference reference(const std::string& rest) const {
    return parse_oci_reference("oci://127.0.0.1:" + server_.port() + "/" + kName + rest).value();
  }
  Result<OciArtifact> pull(const std::string& rest = ":1",
                           const std::optional<std::string>& login = {}) {
    OciRepository repository(client_, reference(rest), login);
    const auto resolved = repository.resolve();
    if (!resolved) return tl::unexpected(resolved.error());
    return repository.pull(resolved->manifest, {});
  }

  // A config.json with the password of `host`.
  [[nodiscard]] std::string login_of(const std::string& host) const {
    const std::filesystem::path path = root_ / "config.json";
    std::ofstream(path) << json{{"auths", {{host, {{"auth", kBasic}}}}}};
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path.string();
  }
  [[nodiscard]] std::string login() const { return login_of("127.0.0.1:" + server_.port()); }

  // The next request for that file is asked who it is by `challenge`; the one after it is answered.
  void ask(const std::string& file, const std::string& challenge) const {
    server_.behave(file, "status 401\nheader WWW-Authenticate: " + challenge + "\nonce\n");
  }
  void ask_bearer(const std::string& realm) const {
    ask(manifest_file("1"), "Bearer realm=\"" + realm + "\",service=\"s\"");
  }

  // The path and the Authorization header ("-" if there is none) of each request to `server`.
  static std::vector<std::string> asked(const midimon::testing::WebServer& server) {
    std::vector<std::string> out;
    for (const std::string& line : server.requests()) {
      const json request = json::parse(line);
      out.push_back(request["path"].get<std::string>() + " " +
                    request["headers"].value("authorization", "-"));
    }
    return out;
  }
  [[nodiscard]] std::string path(const std::string& file) const { return "/" + file; }
};

TEST_F(Repository, PullsAPackage) {
  OciRepository repository(client_, reference(":1"), {});
  const auto resolved = repository.resolve();
  ASSERT_TRUE(resolved) << error_of(resolved);
  EXPECT_EQ(to_oci_digest(resolved->digest), digest_of(manifest_of("hello").dump()));
  std::uint64_t received = 0;
  const auto artifact =
      repository.pull(resolved->manifest, [&](std::uint64_t now) { received = now; });
  ASSERT_TRUE(artifact) << error_of(artifact);
  EXPECT_EQ(artifact->plugin, "hello");
  EXPECT_FALSE(artifact->signature);
  EXPECT_EQ(received, 5U);
}

TEST_F(Repository, PullsAModuleAndItsSignature) {
  json manifest = manifest_of("hello");
  manifest["layers"] = {layer("module", "application/wasm", "e.wasm"),
                        layer("signed", "text/plain", "e.wasm.minisig")};
  put_manifest(manifest);
  put_blob("module");
  put_blob("signed");
  const auto artifact = pull();
  ASSERT_TRUE(artifact) << error_of(artifact);
  EXPECT_EQ(artifact->plugin, "module");
  EXPECT_EQ(artifact->signature, "signed");
}

TEST_F(Repository, PullsByDigest) {
  const std::string manifest = manifest_of("hello").dump();
  server_.put(manifest_file(digest_of(manifest)), manifest);
  EXPECT_EQ(pull("@" + digest_of(manifest))->plugin, "hello");
  EXPECT_EQ(pull(":any@" + digest_of(manifest))->plugin, "hello");
}

TEST_F(Repository, IsAskedByHttpOnThisMachineOnly) {
  const auto url = [](const char* text) { return api_url(parse_oci_reference(text).value()); };
  EXPECT_EQ(url("oci://localhost:5000/a/b:1"), "http://localhost:5000/v2/a/b/");
  EXPECT_EQ(url("oci://127.0.0.1/a"), "http://127.0.0.1/v2/a/");
  EXPECT_EQ(url("oci://[::1]:5000/a"), "http://[::1]:5000/v2/a/");
  EXPECT_EQ(url("oci://ghcr.io/anna/a"), "https://ghcr.io/v2/anna/a/");
  EXPECT_EQ(url("oci://10.0.0.1:5000/a"), "https://10.0.0.1:5000/v2/a/");
  EXPECT_EQ(url("oci://localhost.example.org:80/a"), "https://localhost.example.org:80/v2/a/");
}

TEST_F(Repository, RefusesABlobWithOtherBytes) {
  server_.put(blob_file("hello"), "hullo");
  const auto refused = pull();
  EXPECT_EQ(code_of(refused), ErrorCode::invalid);
  EXPECT_THAT(error_of(refused), HasSubstr("other bytes than it promised"));
  EXPECT_THAT(error_of(refused), HasSubstr(digest_of("hullo")));
  EXPECT_THAT(error_of(refused), HasSubstr(digest_of("hello")));
}

TEST_F(Repository, RefusesABlobOfAnotherSize) {
  for (const char* other : {"", "hell", "hello!"}) {
    server_.put(blob_file("hello"), other);
    EXPECT_THAT(error_of(pull()), HasSubstr("other bytes than it promised")) << other;
  }
  json manifest = manifest_of("hello");
  manifest["layers"][0]["size"] = 6;
  put_manifest(manifest);
  put_blob("hello");
  EXPECT_THAT(error_of(pull()), HasSubstr("5 of them for sha256:")) << "though the digest is right";
}

TEST_F(Repository, RefusesAManifestWithOtherBytes) {
  const std::string wrong = digest_of("wrong");
  server_.put(manifest_file(wrong), manifest_of("hello").dump());
  EXPECT_THAT(error_of(pull("@" + wrong)), HasSubstr("and not " + wrong));
  put_manifest(manifest_of("hello"), "header Docker-Content-Digest: " + wrong + "\n");
  EXPECT_THAT(error_of(pull()), HasSubstr("and not " + wrong));
}

TEST_F(Repository, StopsAtTheBoundOfWhatHasNoEnd) {
  server_.put(manifest_file("1"), std::string(100'000, ' '), "no-length\nendless\n");
  EXPECT_EQ(code_of(pull()), ErrorCode::limit);
  put_manifest(manifest_of("hello"));
  server_.put(blob_file("hello"), std::string(100'000, ' '), "no-length\nendless\n");
  EXPECT_EQ(code_of(pull()), ErrorCode::limit);
}

TEST_F(Repository, RefusesAManifestOfAHundredMebibytesUnread) {
  put_manifest(manifest_of("hello"), "length 104857600\n");
  EXPECT_EQ(code_of(pull()), ErrorCode::limit);
}

TEST_F(Repository, RefusesAHugeNumberOfLayers) {
  json manifest = manifest_of("hello");
  manifest["layers"] = json(10'000, manifest["layers"][0]);
  put_manifest(manifest);
  EXPECT_THAT(error_of(pull()), HasSubstr("it has 10000 layers"));
  EXPECT_EQ(server_.requests().size(), 1U) << "none of them is fetched";
}

TEST_F(Repository, SaysWhoseManifestCannotBeUsed) {
  put_manifest({{"manifests", json::array()}},
               "header Content-Type: application/vnd.oci.image.index.v1+json\n");
  EXPECT_THAT(error_of(pull()), HasSubstr("/anna/echo:1: Its manifest cannot be used: it is an "
                                          "index"));
}

TEST_F(Repository, SaysWhatIsNotThere) {
  const auto missing = pull(":2");
  EXPECT_EQ(code_of(missing), ErrorCode::not_found);
  EXPECT_THAT(error_of(missing), HasSubstr("has no oci://127.0.0.1"));
  server_.behave(manifest_file("1"), "status 500\n");
  EXPECT_THAT(error_of(pull()), HasSubstr("500"));
}

TEST_F(Repository, EndsWithARedirectThatLeadsNowhere) {
  put_manifest(manifest_of("hello"),
               "status 307\nheader Location: " + server_.url(manifest_file("1")) + "\n");
  EXPECT_EQ(code_of(pull()), ErrorCode::limit);
  put_manifest(manifest_of("hello"), "status 307\nheader Location: http://example.org/\n");
  EXPECT_EQ(code_of(pull()), ErrorCode::denied);
  put_manifest(manifest_of("hello"), "status 307\nheader Location: file:///etc/passwd\n");
  EXPECT_EQ(code_of(pull()), ErrorCode::invalid);
}

TEST_F(Repository, AsksForATokenWhereTheRegistrySays) {
  server_.put("token", R"({"token":"abc"})");
  ask_bearer(server_.url("token"));
  const auto artifact = pull();
  ASSERT_TRUE(artifact) << error_of(artifact);
  const std::vector<std::string> expected = {
      path(manifest_file("1")) + " -", "/token?service=s&scope=repository:anna/echo:pull -",
      path(manifest_file("1")) + " Bearer abc", path(blob_file("hello")) + " Bearer abc"};
  EXPECT_EQ(asked(server_), expected);
}

TEST_F(Repository, ShowsThePasswordToTheServerOfTokensOnly) {
  const midimon::testing::WebServer tokens(root_ / "tls");
  tokens.put("token", R"({"token":"abc"})");
  ask_bearer(tokens.url("token"));
  const auto artifact = pull(":1", login());
  ASSERT_TRUE(artifact) << error_of(artifact);
  EXPECT_EQ(asked(tokens),
            (std::vector<std::string>{"/token?service=s&scope=repository:anna/echo:pull Basic " +
                                      kBasic}));
  for (const std::string& request : asked(server_))
    EXPECT_THAT(request, Not(HasSubstr(kBasic)));
}

TEST_F(Repository, ShowsThePasswordToARegistryThatAsksForIt) {
  ask(manifest_file("1"), "Basic realm=\"r\"");
  const auto artifact = pull(":1", login());
  ASSERT_TRUE(artifact) << error_of(artifact);
  const std::vector<std::string> expected = {path(manifest_file("1")) + " -",
                                             path(manifest_file("1")) + " Basic " + kBasic,
                                             path(blob_file("hello")) + " Basic " + kBasic};
  EXPECT_EQ(asked(server_), expected);
}

TEST_F(Repository, ShowsAnotherHostNeitherPasswordNorToken) {
  const midimon::testing::WebServer elsewhere(root_ / "tls");
  elsewhere.put("blob", "hello");
  server_.put("token", R"({"token":"abc"})");
  const std::string redirect = "status 307\nheader Location: " + elsewhere.url("blob") + "\n";
  server_.put(blob_file("hello"), "", redirect);
  ask_bearer(server_.url("token"));
  EXPECT_EQ(pull(":1", login())->plugin, "hello");
  ask(manifest_file("1"), "Basic realm=\"r\"");
  EXPECT_EQ(pull(":1", login())->plugin, "hello");
  EXPECT_EQ(asked(elsewhere), (std::vector<std::string>{"/blob -", "/blob -"}));
}

TEST_F(Repository, TellsNobodyElseWhoItIs) {
  const midimon::testing::WebServer elsewhere(root_ / "tls");
  for (const char* challenge : {"Basic realm=\"r\"", "Bearer realm=\"http://127.0.0.1:1/t\""}) {
    elsewhere.put("blob", "hello",
                  "status 401\nheader WWW-Authenticate: " + std::string(challenge) + "\n");
    server_.put(blob_file("hello"), "",
                "status 307\nheader Location: " + elsewhere.url("blob") + "\n");
    const auto refused = pull(":1", login());
    EXPECT_EQ(code_of(refused), ErrorCode::denied);
    EXPECT_THAT(error_of(refused), HasSubstr("which asks who you are"));
  }
  EXPECT_EQ(asked(elsewhere), (std::vector<std::string>{"/blob -", "/blob -"}));
}

TEST_F(Repository, AsksForNoTokenByHttpOnAnotherMachine) {
  ask_bearer("http://auth.example.org/token");
  const auto refused = pull(":1", login());
  EXPECT_EQ(code_of(refused), ErrorCode::denied);
  EXPECT_THAT(error_of(refused), HasSubstr("http://auth.example.org/token, which is not https"));
}

TEST_F(Repository, SaysHowToLogInWhereItIsNotLetIn) {
  ask(manifest_file("1"), "Basic realm=\"r\"");
  const auto nobody = pull();
  EXPECT_EQ(code_of(nobody), ErrorCode::denied);
  EXPECT_THAT(error_of(nobody), HasSubstr("run `docker login 127.0.0.1:" + server_.port() + "`"));
  ask(manifest_file("1"), "Basic realm=\"r\"");
  EXPECT_EQ(code_of(pull(":1", login_of("ghcr.io"))), ErrorCode::denied);
  server_.behave(manifest_file("1"), "status 403\n");
  EXPECT_THAT(error_of(pull()), HasSubstr("does not let you pull"));
}

TEST_F(Repository, SaysThatACredentialHelperIsNotRun) {
  const std::string file = login();
  std::ofstream(file) << R"({"credsStore":"pass"})";
  ask(manifest_file("1"), "Basic realm=\"r\"");
  EXPECT_THAT(error_of(pull(":1", file)), HasSubstr("midimon runs none. Put user and password"));
}

TEST_F(Repository, IsToldWhoAsksOnce) {
  server_.put(manifest_file("1"), "", "status 401\nheader WWW-Authenticate: Basic realm=\"r\"\n");
  EXPECT_THAT(error_of(pull(":1", login())), HasSubstr("does not let you pull"));
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(Repository, ReadsThePasswordsOnlyWhenItIsAsked) {
  const std::string file = login();
  std::filesystem::permissions(file, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(pull(":1", file)->plugin, "hello");
  ask(manifest_file("1"), "Basic realm=\"r\"");
  EXPECT_THAT(error_of(pull(":1", file)), HasSubstr("chmod 0600"));
}

TEST_F(Repository, RefusesChallengesAndTokensThatAreNone) {
  ask(manifest_file("1"), "Bearer realm=\"unclosed");
  EXPECT_THAT(error_of(pull()), HasSubstr("is malformed"));
  server_.behave(manifest_file("1"), "status 401\nonce\n");
  EXPECT_THAT(error_of(pull()), HasSubstr("neither Bearer nor Basic"));
  server_.put("token", "abc");
  ask_bearer(server_.url("token"));
  EXPECT_THAT(error_of(pull()), HasSubstr("no JSON object"));
  server_.put("token", std::string(1000, ' '), "no-length\nendless\n");
  ask_bearer(server_.url("token"));
  EXPECT_EQ(code_of(pull()), ErrorCode::limit);
  server_.put("token", "", "status 403\n");
  ask_bearer(server_.url("token"));
  EXPECT_THAT(error_of(pull()), HasSubstr("does not let you pull"));
}

}  // namespace
}  // namespace midimon::registry
