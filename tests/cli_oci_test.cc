// midimon plugin install | update from a real OCI registry, which plugins were pushed to as the
// docs say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/oci_registry.h"
#include "tests/signed_plugins.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// Of the user anna, whose password is secret.
constexpr const char* kUsers =
    "anna:$2b$04$e/gHnFixmnTOFlhCKEQxnugPomEAEnJeSJLjGjC3ThMqeK7l2KxKu\n";
constexpr const char* kBasic = "YW5uYTpzZWNyZXQ=";

// The functions that docs/oci.md has for publishing with curl.
std::string push_functions() {
  const std::string page = read_text(MIDIMON_SOURCE_DIR "/docs/oci.md");
  const std::size_t start = page.find("```sh\npush_blob()") + 6;
  return page.substr(start, page.find("\nregistry=", start) - start);
}

class Oci : public SignedPlugins {
 protected:
  Oci() {
    trust("a");
    ::setenv("DOCKER_CONFIG", path("docker").c_str(), 1);
  }

  // Runs `commands` with the functions of docs/oci.md, for anna/echo in `registry`. `curl` are
  // options for all of curl's calls.
  void publish(const OciRegistry& registry, const std::string& commands,
               const std::string& curl = {}) const {
    write_text(path("push.sh"), "set -e\ncd '" + path("") + "'\ncurl() { command curl " + curl +
                                    " \"$@\"; }\n" + push_functions() + "\nregistry=http://" +
                                    registry.host() + " name=anna/echo\n" + commands + "\n");
    const std::string command = "bash '" + path("push.sh") + "' >'" + path("pushed") + "' 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << read_text(path("pushed"));
  }
  void push(const OciRegistry& registry, const std::string& file, const std::string& tag,
            const std::string& curl = {}) const {
    publish(registry, "push '" + file + "' " + tag, curl);
  }
  // What the tag leads to, by curl.
  [[nodiscard]] std::string digest(const OciRegistry& registry, const std::string& tag,
                                   const std::string& curl = {}) const {
    const std::string command =
        "curl " + curl + " -sf -o /dev/null -w '%header{docker-content-digest}' " +
        "-H 'Accept: application/vnd.oci.image.manifest.v1+json' http://" + registry.host() +
        "/v2/anna/echo/manifests/" + tag + " >'" + path("digest") + "'";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return read_text(path("digest"));
  }
  static std::string reference(const OciRegistry& registry, const std::string& rest = ":1") {
    return "oci://" + registry.host() + "/anna/echo" + rest;
  }
  void expect(const Args& args) const {
    const Finished done = run(args);
    EXPECT_EQ(done.status, 0) << done.err;
  }
  [[nodiscard]] std::string pins() const { return path("home/state/oci_pins.toml"); }

  // The configuration of Docker with the password of `registry`.
  void log_in(const OciRegistry& registry) const {
    std::filesystem::create_directory(path("docker"));
    const std::string file = path("docker/config.json");
    write_text(file, json{{"auths", {{registry.host(), {{"auth", kBasic}}}}}}.dump());
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  }

  Scratch scratch_;
};

TEST_F(Oci, InstallsRunsAndUpdatesWhatWasPushed) {
  const OciRegistry registry(path("registry"));
  push(registry, package("1.0.0", "a"), "1");
  expect({"plugin", "install", reference(registry)});
  EXPECT_EQ(in_use(), "1.0.0");
  expect({"plugin", "run", "echo", "say"});
  expect({"plugin", "install", reference(registry)});
  push(registry, package("1.1.0", "a"), "1.1");
  expect({"plugin", "update", reference(registry, ":1.1")});
  EXPECT_EQ(in_use(), "1.1.0");
}

TEST_F(Oci, InstallsAModuleThatLiesBesideItsSignature) {
  const OciRegistry registry(path("registry"));
  const std::string module = source("1.0.0", "a") + "/plugin.wasm";
  publish(registry, "module='" + module + R"sh('
printf '{}' >config.json
push_blob config.json
push_blob "$module"
push_blob "$module.minisig"
titled() { printf '%s, "annotations": {"org.opencontainers.image.title": "%s"}}' "${1%?}" "$2"; }
printf '{"schemaVersion": 2, "config": %s, "layers": [%s, %s]}' \
    "$(blob config.json application/vnd.oci.empty.v1+json)" \
    "$(titled "$(blob "$module" application/wasm)" echo.wasm)" \
    "$(titled "$(blob "$module.minisig" text/plain)" echo.wasm.minisig)" >manifest.json
curl -sf -T manifest.json -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
    "$registry/v2/$name/manifests/1")sh");
  expect({"plugin", "install", reference(registry)});
  EXPECT_EQ(run_json({"plugin", "info", "echo"})["verdict"], "trusted");
}

TEST_F(Oci, ATagThatWasMovedIsRefusedUntilTheUserAsksForTheNewVersion) {
  const OciRegistry registry(path("registry"));
  push(registry, package("1.0.0", "a"), "1");
  const std::string before = digest(registry, "1");
  expect({"plugin", "install", reference(registry)});
  EXPECT_THAT(read_text(pins()),
              HasSubstr("tag = \"" + reference(registry) + "\"\ndigest = \"" + before + "\"\n"));
  push(registry, package("1.1.0", "a"), "1");
  const std::string after = digest(registry, "1");
  expect_refused({"plugin", "install", reference(registry)}, 2, before);
  expect_refused({"plugin", "install", reference(registry)}, 2, after);
  expect_refused({"plugin", "install", reference(registry)}, 2,
                 "midimon plugin update " + reference(registry));
  EXPECT_EQ(in_use(), "1.0.0");
  expect({"plugin", "update", reference(registry)});
  EXPECT_EQ(in_use(), "1.1.0");
  EXPECT_THAT(read_text(pins()), HasSubstr(after));
  expect({"plugin", "install", reference(registry)});
}

TEST_F(Oci, ADigestSaysExactlyWhatIsMeantAndMovesThePin) {
  const OciRegistry registry(path("registry"));
  push(registry, package("1.1.0", "a"), "1");
  expect({"plugin", "install", reference(registry)});
  push(registry, package("1.0.0", "a"), "1");
  const std::string exact = reference(registry, ":1@" + digest(registry, "1"));
  expect_refused({"plugin", "install", reference(registry)}, 2, "midimon plugin install " + exact);
  expect_refused({"plugin", "update", reference(registry)}, 2, "midimon plugin install " + exact);
  expect({"plugin", "install", "--older", exact});
  EXPECT_EQ(in_use(), "1.0.0");
  expect({"plugin", "install", reference(registry)});
  expect({"plugin", "install", reference(registry, "@" + digest(registry, "1"))});
}

TEST_F(Oci, WhatIsNotInstalledMovesNoPin) {
  const OciRegistry registry(path("registry"));
  push(registry, package("1.0.0", ""), "1");
  expect_refused({"plugin", "install", reference(registry)}, 2, "--unsigned");
  EXPECT_FALSE(std::filesystem::exists(pins()));
  push(registry, package("1.0.0", "a"), "1");
  expect({"plugin", "install", reference(registry)});
  const std::string pinned = read_text(pins());
  push(registry, package("1.1.0", ""), "1");
  expect_refused({"plugin", "update", reference(registry)}, 2, "--unsigned");
  EXPECT_EQ(read_text(pins()), pinned);
}

TEST_F(Oci, ARegistryVouchesForNobody) {
  const OciRegistry registry(path("registry"));
  push(registry, package("1.0.0", "b"), "1");
  expect_refused({"plugin", "install", reference(registry)}, 5, "has been signed by");
  EXPECT_EQ(in_use(), "none");
}

TEST_F(Oci, BytesThatWereChangedOnTheRegistrysDiskAreRefused) {
  const OciRegistry registry(path("registry"));
  const std::string file = package("1.0.0", "a");
  push(registry, file, "1");
  ASSERT_EQ(std::system(("sha256sum '" + file + "' >'" + path("sum") + "'").c_str()), 0);
  const std::filesystem::path blob = registry.blob(read_text(path("sum")).substr(0, 64));
  std::string bytes = read_text(blob);
  ASSERT_FALSE(bytes.empty());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_text(blob, bytes);
  expect_refused({"plugin", "install", reference(registry)}, 2, "other bytes than it promised");
  EXPECT_EQ(in_use(), "none");
}

TEST_F(Oci, MistakesInThePinsAreToldByLineAndColumn) {
  const OciRegistry registry(path("registry"));
  push(registry, package("1.0.0", "a"), "1");
  expect({"plugin", "install", reference(registry)});
  const std::string text = read_text(pins());
  write_text(pins(), text + "tagg = 1\n");
  expect_refused({"plugin", "install", reference(registry)}, 2, "oci_pins.toml:9:1: ");
}

TEST_F(Oci, SaysWhatIsWrongWithAReferenceOrIsNotThere) {
  const OciRegistry registry(path("registry"));
  expect_refused({"plugin", "install", "oci://ghcr.io/A"}, 2, "a name is");
  expect_refused({"plugin", "install", reference(registry)}, 2, "has no oci://");
}

TEST_F(Oci, LogsInWithAPassword) {
  write_text(path("users"), kUsers);
  const OciRegistry registry(
      path("registry"), "auth:\n  htpasswd:\n    realm: test\n    path: " + path("users") + "\n");
  push(registry, package("1.0.0", "a"), "1", "-u anna:secret");
  expect_refused({"plugin", "install", reference(registry)}, 2, "docker login " + registry.host());
  log_in(registry);
  expect({"plugin", "install", reference(registry)});
  EXPECT_EQ(in_use(), "1.0.0");
}

// The registry believes tokens that are signed by tls/key.pem; a web server hands out one of them.
class OciTokens : public Oci {
 protected:
  OciTokens() {
    std::filesystem::create_directories(path("tls"));
    std::filesystem::create_directories(path("www"));
    make_certificate(path("tls"));
  }

  // A token that the registry believes, for `actions`, separated by spaces.
  [[nodiscard]] std::string token(const std::string& actions) const {
    const std::string command = MIDIMON_SOURCE_DIR "/tests/oci_token.py '" +
                                path("tls/certificate.pem") + "' '" + path("tls/key.pem") +
                                "' anna/echo " + actions + " >'" + path("jwt") + "'";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return read_text(path("jwt"));
  }
  [[nodiscard]] std::string auth(const WebServer& tokens) const {
    return "auth:\n  token:\n    realm: " + tokens.url("token") +
           "\n    service: registry\n    issuer: tests\n    rootcertbundle: " +
           path("tls/certificate.pem") + "\n";
  }
};

TEST_F(OciTokens, PullsWithATokenThatTheRegistryBelieves) {
  const WebServer tokens(path("www"));
  const OciRegistry registry(path("registry"), auth(tokens));
  push(registry, package("1.0.0", "a"), "1",
       "-H 'Authorization: Bearer " + token("push pull") + "'");
  tokens.put("token", json{{"token", token("pull")}}.dump());
  expect({"plugin", "install", reference(registry)});
  EXPECT_EQ(in_use(), "1.0.0");
  ASSERT_EQ(tokens.requests().size(), 1U);
  EXPECT_THAT(tokens.requests()[0],
              HasSubstr("/token?service=registry&scope=repository:anna/echo:pull"));
  EXPECT_THAT(tokens.requests()[0], Not(HasSubstr("authorization")));
  log_in(registry);
  expect({"plugin", "install", reference(registry)});
  EXPECT_THAT(tokens.requests()[1], HasSubstr("\"authorization\": \"Basic " + std::string(kBasic)));
}

TEST_F(OciTokens, ATokenThatTheRegistryDoesNotBelieveIsOfNoUse) {
  const WebServer tokens(path("www"));
  const OciRegistry registry(path("registry"), auth(tokens));
  tokens.put("token", json{{"token", "abc"}}.dump());
  expect_refused({"plugin", "install", reference(registry)}, 2, "does not let you pull");
}

}  // namespace
}  // namespace midimon::testing
