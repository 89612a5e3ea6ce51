#include "grants/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/signer.h"

namespace midimon::grants {
namespace {

using ::testing::ElementsAre;

TEST(Words, SayWhatEachPartAllows) {
  const auto words = [](CapabilityKind kind, std::vector<std::string> allow) {
    return describe({kind, std::move(allow), {}});
  };
  using enum CapabilityKind;
  EXPECT_THAT(words(filesystem, {}), ElementsAre("keep files in a directory of its own"));
  EXPECT_THAT(
      words(filesystem, {"/", "/shared:ro", "/music", "/srv/m::/m:ro"}),
      ElementsAre("keep files in a directory of its own", "read what plugins share (/shared)",
                  "read and change all in a directory that you choose, as /music",
                  "read all in /srv/m, as /m"));
  EXPECT_THAT(words(network, {"https://*.a.org", "ws://127.0.0.1:1-65535"}),
              ElementsAre("talk to every host one name below a.org (https, port 443)",
                          "talk to 127.0.0.1 (ws, ports 1 to 65535)"));
  EXPECT_THAT(words(subprocess, {"/bin/x", "/bin/x ...", "/bin/x a *"}),
              ElementsAre("run /bin/x without arguments", "run /bin/x with any arguments",
                          "run /bin/x a *"));
  EXPECT_THAT(words(midi, {"in", "out:APC mini*"}),
              ElementsAre("read MIDI from every port", "send MIDI to the port APC mini*"));
  for (const CapabilityKind kind : {filesystem, network, midi, audio, subprocess, systemcontrol}) {
    EXPECT_EQ(words(kind, {}).size(), 1U);
    EXPECT_FALSE(worst_case(kind).empty());
  }
}

TEST(Words, ACommandIsReadyForAShellAndGrantsWhatItSays) {
  EXPECT_EQ(grant_command("obs", grant_texts({CapabilityKind::filesystem, {"/", "/m:ro"}, {}})),
            "midimon permission grant obs filesystem filesystem:DIRECTORY::/m:ro");
  EXPECT_EQ(grant_command("obs", *parse_rule(CapabilityKind::subprocess, "/bin/x it's *")),
            "midimon permission grant obs 'subprocess:/bin/x it'\\''s *'");
  EXPECT_EQ(grant_command("obs", Rule(FileRule())), "midimon permission grant obs filesystem");
  EXPECT_FALSE(grant_command("obs", CommandRule{"/bin/x", {{"", false}}, false}))
      << "an empty argument has no name";
  EXPECT_FALSE(grant_command("obs", CommandRule{"/bin/x", {{"\x1b[2J", false}}, false}));
}

TEST(Signer, IsReadAsItIsWritten) {
  const Signer key(trust::KeyId{{1, 2, 3, 4, 5, 6, 7, 8}});
  const Signer module(trust::Sha256{7});
  for (const Signer& signer : {key, module})
    EXPECT_EQ(Signer::parse(signer.text()), signer);
  EXPECT_FALSE(key.is_unsigned());
  EXPECT_TRUE(module.is_unsigned());
  for (const char* text : {"", "unsigned", "unsigned:", "unsigned:0", "0102", "nobody"}) {
    EXPECT_FALSE(Signer::parse(text)) << text;
  }
}

}  // namespace
}  // namespace midimon::grants
