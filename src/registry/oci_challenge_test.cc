#include "registry/oci_challenge.h"

#include <gmock/gmock.h>

#include "trust/test_support.h"

namespace midimon::registry {
namespace {

using Scheme = OciChallenge::Scheme;
using ::testing::HasSubstr;
using trust::testing::error_of;

std::string refused(const std::string& header) {
  return error_of(parse_oci_challenge(header));
}

OciChallenge bearer(const std::string& realm, const std::string& scope = {}) {
  return {Scheme::bearer, realm, "registry", scope};
}

std::string refused_realm(const std::string& realm, bool loopback = false) {
  return error_of(token_url(bearer(realm), "anna/echo", loopback));
}

TEST(OciChallenge, ReadsWhatDockersRegistryAsks) {
  const auto asks = parse_oci_challenge(
      "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
      "scope=\"repository:anna/echo:pull\",error=\"invalid_token\"");
  ASSERT_TRUE(asks) << error_of(asks);
  EXPECT_EQ(asks->scheme, Scheme::bearer);
  EXPECT_EQ(asks->realm, "https://auth.docker.io/token");
  EXPECT_EQ(asks->service, "registry.docker.io");
  EXPECT_EQ(asks->scope, "repository:anna/echo:pull");
  EXPECT_EQ(parse_oci_challenge("Basic realm=\"basic-realm\"")->scheme, Scheme::basic);
}

TEST(OciChallenge, ReadsEachFormThatAHeaderMayHave) {
  EXPECT_EQ(parse_oci_challenge("bEARER REALM = \"a\\\"b\" , service=x")->realm, "a\"b");
  EXPECT_EQ(parse_oci_challenge("Bearer\trealm=\"a,b=c d\"")->realm, "a,b=c d");
  EXPECT_EQ(parse_oci_challenge("Bearer realm=\"\"")->realm, "");
  EXPECT_EQ(parse_oci_challenge("Basic")->scheme, Scheme::basic);
  EXPECT_EQ(parse_oci_challenge(", ,Basic,,")->scheme, Scheme::basic);
}

TEST(OciChallenge, TakesBearerBeforeBasicAndPassesOthersOver) {
  for (const char* several :
       {"Basic realm=\"r\", Bearer realm=\"b\"", "Negotiate, Bearer realm=\"b\", Basic realm=\"r\"",
        "Digest a=b, c=\"d\", Bearer realm=b, Bearer realm=c, Basic"}) {
    const auto asks = parse_oci_challenge(several);
    ASSERT_TRUE(asks) << several << error_of(asks);
    EXPECT_EQ(asks->scheme, Scheme::bearer) << several;
    EXPECT_EQ(asks->realm, "b") << several;
  }
  EXPECT_EQ(parse_oci_challenge("Negotiate, Basic realm=\"r\"")->scheme, Scheme::basic);
}

TEST(OciChallenge, RefusesHeadersThatAreMalformed) {
  for (const std::string& bad :
       {std::string("Bearer realm=\"a"), std::string("Bearer realm=\"a\\"),
        std::string("Bearer realm"), std::string("Bearer realm=\"a\" service=\"b\""),
        std::string("Bearer realm=\"a\",realm=\"b\""), std::string("Bearer realm="),
        std::string("=\"a\""), std::string("Bearer realm=\"a\nb\""), std::string("Bearer \"a\""),
        std::string("Bearer realm=\"\0\"", 15), std::string("B\xC3\xA4rer")}) {
    EXPECT_THAT(refused(bad), HasSubstr("is malformed")) << bad;
  }
}

TEST(OciChallenge, RefusesWhatAsksForNeitherBearerNorBasic) {
  EXPECT_THAT(refused(""), HasSubstr("neither Bearer nor Basic"));
  EXPECT_THAT(refused("Negotiate"), HasSubstr("neither Bearer nor Basic"));
  EXPECT_THAT(refused("Digest realm=\"a\", nonce=\"b\""), HasSubstr("neither Bearer nor Basic"));
}

TEST(OciChallenge, RefusesMoreThanEightKibibytes) {
  EXPECT_THAT(refused("Basic realm=\"" + std::string(9000, 'a') + "\""), HasSubstr("too long"));
}

TEST(OciChallenge, ATokenIsAskedForAtTheRealm) {
  EXPECT_EQ(token_url(bearer("https://auth.example.org/token"), "anna/echo", false).value(),
            "https://auth.example.org/token?service=registry&scope=repository:anna/echo:pull");
  EXPECT_EQ(token_url(bearer("https://h/t?a=b#c"), "e", false).value(),
            "https://h/t?a=b&service=registry&scope=repository:e:pull");
  EXPECT_EQ(token_url({Scheme::bearer, "https://h/t", "", ""}, "e", false).value(),
            "https://h/t?scope=repository:e:pull");
  EXPECT_EQ(token_url({Scheme::bearer, "https://h/t", "a&b =\xC3\xA4", ""}, "e", false).value(),
            "https://h/t?service=a%26b%20%3D%C3%A4&scope=repository:e:pull");
}

TEST(OciChallenge, ATokenIsForPullingWhateverIsAskedFor) {
  const auto scope_of = [](const std::string& scope) {
    const std::string url = token_url(bearer("https://h/t", scope), "e", false).value();
    return url.substr(url.find("scope=") + 6);
  };
  EXPECT_EQ(scope_of("repository:hosted/e:pull"), "repository:hosted/e:pull");
  EXPECT_EQ(scope_of("repository:e:pull,push"), "repository:e:pull");
  EXPECT_EQ(scope_of("repository:e:push,pull"), "repository:e:pull");
  EXPECT_EQ(scope_of("repository:e:*"), "repository:e:pull");
  EXPECT_EQ(scope_of("repository:a:delete repository:b:pull"), "repository:e:pull");
  EXPECT_EQ(scope_of("registry:catalog:*"), "repository:e:pull");
}

TEST(OciChallenge, ARealmMustBeHttpsUnlessRegistryAndRealmAreOnThisMachine) {
  EXPECT_THAT(refused_realm("http://auth.example.org/t"), HasSubstr("which is not https"));
  EXPECT_THAT(refused_realm("http://auth.example.org/t", true), HasSubstr("which is not https"));
  EXPECT_THAT(refused_realm("http://127.0.0.1:5001/t"), HasSubstr("which is not https"));
  EXPECT_EQ(refused_realm("http://127.0.0.1:5001/t", true), "no error");
  EXPECT_EQ(refused_realm("https://auth.example.org/t"), "no error");
}

TEST(OciChallenge, RefusesRealmsThatAreNoUrl) {
  EXPECT_THAT(refused_realm(""), HasSubstr("of where it gives tokens"));
  EXPECT_THAT(refused_realm("file:///etc/passwd"), HasSubstr("of where it gives tokens"));
  EXPECT_THAT(refused_realm("https://anna:secret@h/t"), HasSubstr("user name or a password"));
  EXPECT_THAT(refused_realm("https://h/\x1B[2J"), HasSubstr("\\x1b[2J"));
}

TEST(OciChallenge, RefusesWhatMakesAnAddressTooLong) {
  const OciChallenge asks{Scheme::bearer, "https://h/t", std::string(8000, ' '), ""};
  EXPECT_THAT(error_of(token_url(asks, "e", false)), HasSubstr("too many words"));
}

TEST(OciChallenge, ReadsTokensUnderEitherName) {
  EXPECT_EQ(parse_token(R"({"token":"a.b-c_d~e+f/g==","access_token":"x"})").value(),
            "a.b-c_d~e+f/g==");
  EXPECT_EQ(parse_token(R"({"access_token":"x","expires_in":300})").value(), "x");
}

TEST(OciChallenge, RefusesTokensThatDoNotFitIntoAHeader) {
  EXPECT_THAT(error_of(parse_token("")), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(parse_token("\"t\"")), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(parse_token("{}")), HasSubstr("no \"token\""));
  EXPECT_THAT(error_of(parse_token(R"({"token":7})")), HasSubstr("no \"token\""));
  EXPECT_THAT(error_of(parse_token(R"({"token":""})")), HasSubstr("does not fit"));
  EXPECT_THAT(error_of(parse_token(R"({"token":"a\r\nHost: b"})")), HasSubstr("does not fit"));
  EXPECT_THAT(error_of(parse_token(R"({"token":")" + std::string(40'000, 'a') + "\"}")),
              HasSubstr("does not fit"));
}

}  // namespace
}  // namespace midimon::registry
