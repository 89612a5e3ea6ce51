#include "registry/oci_login.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "trust/test_support.h"

namespace midimon::registry {
namespace {

using ::testing::HasSubstr;
using trust::testing::error_of;

const std::string kBasic = "YW5uYTpzZWNyZXQ=";  // anna:secret

OciLogin login(const std::string& json, const std::string& host = "ghcr.io") {
  const auto found = find_login(json, host);
  EXPECT_TRUE(found) << error_of(found);
  return found.value_or(OciLogin());
}

std::string auths(const std::string& key, const std::string& auth) {
  return R"({"auths":{")" + key + R"(":{"auth":")" + auth + R"("}}})";
}

Environment environment(std::optional<std::string> docker, std::optional<std::string> home) {
  return [=](const std::string& name) {
    return name == "DOCKER_CONFIG" ? docker : name == "HOME" ? home : std::nullopt;
  };
}

TEST(OciLogin, IsOfTheHostAndItsPort) {
  EXPECT_EQ(login(auths("ghcr.io", kBasic)).basic, kBasic);
  EXPECT_EQ(login(auths("ghcr.io:443", kBasic)).basic, "");
  EXPECT_EQ(login(auths("ghcr.io", kBasic), "ghcr.io:443").basic, "");
  EXPECT_EQ(login(auths("ghcr.io.evil.org", kBasic)).basic, "");
  EXPECT_EQ(login(auths("evil.org/ghcr.io", kBasic)).basic, "");
  EXPECT_EQ(login(auths("ghcr.io/anna", kBasic)).basic, "") << "of one repository only";
}

TEST(OciLogin, AnEntryMayBeAnAddress) {
  EXPECT_EQ(login(auths("https://ghcr.io/v1/", kBasic)).basic, kBasic);
  EXPECT_EQ(login(auths("https://ghcr.io.evil.org/v1/", kBasic)).basic, "");
  EXPECT_EQ(login(auths("https://evil.org/ghcr.io", kBasic)).basic, "");
}

TEST(OciLogin, ThereMayBeNone) {
  for (const char* none : {"{}", R"({"auths":{}})", R"({"auths":7})", R"({"auths":{"ghcr.io":{}}})",
                           R"({"auths":{"ghcr.io":7}})"}) {
    EXPECT_EQ(login(none).basic, "") << none;
    EXPECT_EQ(login(none).obstacle, "") << none;
  }
}

TEST(OciLogin, SaysWhenThePasswordIsElsewhere) {
  EXPECT_THAT(login(R"({"auths":{"ghcr.io":{}},"credsStore":"pass"})").obstacle,
              HasSubstr("to a credential helper, and midimon runs none"));
  EXPECT_THAT(login(R"({"credHelpers":{"ghcr.io":"pass"}})").obstacle, HasSubstr("helper"));
  EXPECT_EQ(login(R"({"credHelpers":{"other.io":"pass"}})").obstacle, "");
  EXPECT_THAT(login(R"({"auths":{"ghcr.io":{"identitytoken":"t"}}})").obstacle,
              HasSubstr("identity token"));
  const OciLogin both = login(R"({"auths":{"ghcr.io":{"auth":")" + kBasic +
                              R"("}},"credHelpers":{"ghcr.io":"pass"}})");
  EXPECT_EQ(both.basic, kBasic);
  EXPECT_EQ(both.obstacle, "");
}

TEST(OciLogin, RefusesWhatIsNoUserAndPasswordInBase64) {
  for (const char* bad :
       {"anna:secret", "YW5uYQ==", "YW5uYTpzZWNyZXQ", "YW5uYTpzZWNyZXQ=\\r\\n", "====", "Y"}) {
    EXPECT_THAT(error_of(find_login(auths("ghcr.io", bad), "ghcr.io")),
                HasSubstr("is not user:password in base64"))
        << bad;
  }
  EXPECT_THAT(error_of(find_login(auths("ghcr.io", std::string(10'000, 'Y')), "ghcr.io")),
              HasSubstr("is not user:password in base64"));
  EXPECT_EQ(error_of(find_login(auths("other.io", "bad"), "ghcr.io")), "no error");
}

TEST(OciLogin, RefusesWhatIsNoJsonObject) {
  EXPECT_THAT(error_of(find_login("", "h")), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(find_login("[]", "h")), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(find_login(std::string(100'000, '['), "h")), HasSubstr("no JSON object"));
}

TEST(OciLogin, IsWhereDockerKeepsIt) {
  EXPECT_EQ(login_path(environment("/d", "/h")), "/d/config.json");
  EXPECT_EQ(login_path(environment(std::nullopt, "/h")), "/h/.docker/config.json");
  EXPECT_EQ(login_path(environment("", "/h")), "/h/.docker/config.json");
  EXPECT_EQ(login_path(environment(std::nullopt, std::nullopt)), std::nullopt);
}

TEST(OciLogin, OfAFileThatOthersMayReadIsRefused) {
  const std::string path =
      ::testing::TempDir() + "midimon-oci-login-" + std::to_string(::getpid()) + ".json";
  std::ofstream(path) << auths("ghcr.io", kBasic);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_THAT(error_of(load_login(path, "ghcr.io")), HasSubstr("chmod 0600"));
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(load_login(path, "ghcr.io")->basic, kBasic);
  std::ofstream(path) << "{";
  EXPECT_THAT(error_of(load_login(path, "ghcr.io")), HasSubstr(path + ": it is no JSON"));
  ::unlink(path.c_str());
  EXPECT_EQ(load_login(path, "ghcr.io")->basic, "") << "it may be missing";
}

}  // namespace
}  // namespace midimon::registry
