#include "registry/config_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/secret_key.h"

namespace midimon::registry {
namespace {

using ::testing::HasSubstr;

const std::string kKey = to_string(trust::SecretKey::generate().public_key());

std::string registry(const std::string& name, const std::string& url) {
  return "[[registries]]\nname = \"" + name + "\"\nurl = \"" + url + "\"\nkey = \"" + kKey + "\"\n";
}

std::string error_of(const std::string& text) {
  const auto all = parse_config(text, "/etc/midimon/config.toml");
  return all ? "" : all.error().message;
}

TEST(RegistryConfig, IsReadInItsOrderAndLeavesTheRestOfTheFileToOthers) {
  const auto all =
      parse_config("[device]\nname = 3\n" + registry("main", "https://plugins.example/index.json") +
                       registry("own", "../plugins") + registry("here", "/srv/p"),
                   "/etc/midimon/config.toml");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[0].name, "main");
  EXPECT_EQ((*all)[0].location, "https://plugins.example/index.json");
  EXPECT_EQ(to_string((*all)[0].key), kKey);
  EXPECT_EQ((*all)[1].location, "/etc/plugins");
  EXPECT_EQ((*all)[2].location, "/srv/p");
}

TEST(RegistryConfig, SaysWhereSomethingIsWrong) {
  EXPECT_THAT(error_of(registry("Main!", "/p")), HasSubstr("config.toml:2:8: \"Main!\" cannot be"));
  EXPECT_THAT(error_of(registry("a", "/p") + registry("a", "/q")),
              HasSubstr("config.toml:6:8: there is another registry \"a\""));
  EXPECT_THAT(error_of(registry("a", "http://plugins.example/")), HasSubstr("must be https://"));
  EXPECT_THAT(error_of(registry("a", "ftp://plugins.example/")), HasSubstr("config.toml:3:7: "));
  EXPECT_THAT(error_of("[[registries]]\nname = \"a\"\nurl = \"/p\"\n"), HasSubstr("\"key\""));
  EXPECT_THAT(error_of("[[registries]]\nname = \"a\"\nurl = \"/p\"\nkey = \"RWx\"\n"),
              HasSubstr("config.toml:4:7: "));
  EXPECT_THAT(error_of("[[registries]]\nurrl = 1\n"), HasSubstr("did you mean \"url\"?"));
  EXPECT_THAT(error_of("[[registrys]]\nurl = 1\n"), HasSubstr("did you mean \"registries\"?"));
  EXPECT_THAT(error_of("registries = 3\n"), HasSubstr("config.toml:1:"));
  EXPECT_THAT(error_of("[[registries\n"), HasSubstr("config.toml:1:"));
}

TEST(RegistryConfig, AllowsPlainHttpFromThisMachineOnly) {
  EXPECT_EQ(error_of(registry("a", "http://127.0.0.1:8080/")), "");
}

TEST(RegistryConfig, HasBoundedlyManyRegistries) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxRegistries; ++i)
    text += registry("r" + std::to_string(i), "/p");
  EXPECT_THAT(error_of(text), HasSubstr("there are 32 registries at most"));
  EXPECT_THAT(error_of(std::string(kMaxConfigBytes + 1, '\n')), HasSubstr("more than 1MiB"));
}

}  // namespace
}  // namespace midimon::registry
