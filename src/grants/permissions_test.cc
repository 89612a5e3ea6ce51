#include "grants/permissions.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace midimon::grants {
namespace {

using Texts = std::vector<std::string>;

// "network:https://a.org": one rule; "network": all of the kind.
Permissions make(const Texts& texts, Side side) {
  Permissions permissions;
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    Capability capability = *parse_capability(text.substr(0, colon));
    if (colon != std::string::npos) capability.allow.push_back(text.substr(colon + 1));
    const auto added = permissions.add(capability, side);
    EXPECT_TRUE(added) << text << ": " << (added ? "" : added.error().message);
  }
  return permissions;
}

Texts texts_of(const std::vector<Capability>& capabilities) {
  Texts out;
  for (const Capability& capability : capabilities) {
    const std::string name(to_string(capability.kind));
    if (capability.allow.empty()) out.push_back(name);
    for (const std::string& rule : capability.allow)
      out.push_back(name + ":" + rule);
  }
  return out;
}

Texts texts_of(const Permissions& permissions) {
  return texts_of(permissions.to_capabilities());
}

struct Row {
  const char* what;
  Texts requested;
  Texts granted;
  Texts policy;  // {"*"}: everything
  Texts effective;
};

TEST(Effective, IsWhatAllThreeAllow) {
  const Row table[] = {
      {"nothing is granted", {"network", "filesystem"}, {}, {"*"}, {}},
      {"nothing is asked for", {}, {"network", "filesystem"}, {"*"}, {}},
      {"the policy leaves nothing", {"network"}, {"network"}, {}, {}},
      {"whole and whole", {"network"}, {"network"}, {"*"}, {"network"}},
      {"a whole grant is narrowed by the request",
       {"network:https://a.org"},
       {"network"},
       {"*"},
       {"network:https://a.org"}},
      {"a whole request is narrowed by the grant",
       {"network"},
       {"network:https://a.org"},
       {"*"},
       {"network:https://a.org"}},
      {"two narrowings apart leave nothing, and never all",
       {"network:https://a.org"},
       {"network:https://b.org"},
       {"*"},
       {}},
      {"the policy narrows",
       {"network"},
       {"network"},
       {"network:wss://*.a.org"},
       {"network:wss://*.a.org"}},
      {"a star and a host",
       {"network:https://*.a.org"},
       {"network:https://x.a.org"},
       {"*"},
       {"network:https://x.a.org"}},
      {"a star is one label",
       {"network:https://*.a.org"},
       {"network:https://x.y.a.org", "network:https://a.org"},
       {"*"},
       {}},
      {"http is not https", {"network:https://a.org"}, {"network:http://a.org:443"}, {"*"}, {}},
      {"ports meet",
       {"network:http://a.org:1-100"},
       {"network:http://a.org:80-90"},
       {"network:http://a.org:85-8080"},
       {"network:http://a.org:85-90"}},
      {"one kind is not another", {"midi"}, {"audio"}, {"*"}, {}},
      {"the own directory comes with filesystem",
       {"filesystem:/shared"},
       {"filesystem"},
       {"*"},
       {"filesystem"}},
      {"shared, both ways",
       {"filesystem:/shared"},
       {"filesystem:/shared:ro"},
       {"*"},
       {"filesystem:/shared:ro"}},
      {"the user says which directory",
       {"filesystem:/music:ro"},
       {"filesystem:/srv/music::/music"},
       {"*"},
       {"filesystem:/srv/music::/music:ro"}},
      {"under the name that was asked for",
       {"filesystem:/music"},
       {"filesystem:/srv/m::/video"},
       {"*"},
       {"filesystem"}},
      {"a policy of trees",
       {"filesystem:/m", "filesystem:/n"},
       {"filesystem:/srv/m::/m", "filesystem:/srvx::/n"},
       {"filesystem:/srv/...::*:ro"},
       {"filesystem:/srv/m::/m:ro"}},
      {"commands by argument",
       {"subprocess:/usr/bin/obs scene *"},
       {"subprocess:/usr/bin/obs scene Live", "subprocess:/usr/bin/obs quit"},
       {"*"},
       {"subprocess:/usr/bin/obs scene Live"}},
      {"any arguments and these",
       {"subprocess:/usr/bin/x ..."},
       {"subprocess:/usr/bin/x --a=*"},
       {"*"},
       {"subprocess:/usr/bin/x --a=*"}},
      {"more arguments than were granted",
       {"subprocess:/usr/bin/x a b"},
       {"subprocess:/usr/bin/x a"},
       {"*"},
       {}},
      {"another program", {"subprocess:/usr/bin/x ..."}, {"subprocess:/bin/x ..."}, {"*"}, {}},
      {"MIDI ports",
       {"midi:out", "midi:in:APC*"},
       {"midi:out:Synth", "midi:in"},
       {"*"},
       {"midi:out:Synth", "midi:in:APC*"}},
      {"words",
       {"audio:play", "systemcontrol:volume"},
       {"audio", "systemcontrol:lock"},
       {"*"},
       {"audio:play"}},
  };
  for (const Row& row : table) {
    const Permissions policy =
        row.policy == Texts{"*"} ? Permissions::everything() : make(row.policy, Side::policy);
    EXPECT_EQ(texts_of(effective(make(row.requested, Side::request), make(row.granted, Side::grant),
                                 policy)),
              row.effective)
        << row.what;
  }
}

// Rules that meet each other in many ways, and single things that a plugin could do.
const Texts kRules = {
    "network",
    "network:http://a.org",
    "network:http://a.org:*",
    "network:http://a.org:80-90",
    "network:http://a.org:85-95",
    "network:http://*.a.org",
    "network:http://x.a.org:85",
    "network:ws://a.org",
    "filesystem",
    "filesystem:/shared",
    "filesystem:/shared:ro",
    "filesystem:/m",
    "filesystem:/m:ro",
    "filesystem:/n",
    "filesystem:/srv/...::*",
    "filesystem:/srv/a/...::*:ro",
    "filesystem:/srv/a::*",
    "filesystem:/srv/a::/m",
    "filesystem:/srv/ab::/m",
    "subprocess",
    "subprocess:/bin/x",
    "subprocess:/bin/x ...",
    "subprocess:/bin/x a",
    "subprocess:/bin/x a*",
    "subprocess:/bin/x a* ...",
    "subprocess:/bin/x * b",
    "midi",
    "midi:out",
    "midi:out:A*",
    "midi:out:AB",
    "midi:in:AB",
    "audio:play",
    "audio:record",
};
const Texts kThings = {
    "network:http://a.org",
    "network:http://a.org:87",
    "network:http://a.org:92",
    "network:http://x.a.org",
    "network:http://x.a.org:85",
    "network:ws://a.org",
    "network:http://y.x.a.org",
    "filesystem:/",
    "filesystem:/shared",
    "filesystem:/shared:ro",
    "filesystem:/srv/a::/m",
    "filesystem:/srv/a::/m:ro",
    "filesystem:/srv/ab::/m",
    "filesystem:/srv/a/b::/n:ro",
    "filesystem:/etc::/m",
    "subprocess:/bin/x",
    "subprocess:/bin/x a",
    "subprocess:/bin/x ab b",
    "subprocess:/bin/x c b",
    "subprocess:/bin/x a b c",
    "subprocess:/bin/y",
    "midi:out:A",
    "midi:out:AB",
    "midi:in:AB",
    "midi:in:C",
    "audio:play",
    "audio:record",
};

Rule thing(const std::string& text) {
  const std::size_t colon = text.find(':');
  return *parse_rule(parse_capability(text.substr(0, colon))->kind, text.substr(colon + 1));
}

// A random part of kRules.
Permissions random_permissions(std::mt19937& random) {
  Texts some;
  for (const std::string& rule : kRules) {
    if (random() % 5 == 0) some.push_back(rule);
  }
  return make(some, Side::policy);
}

TEST(Effective, AllowsAThingExactlyIfAllThreeDo) {
  std::mt19937 random(1);
  for (int round = 0; round < 2'000; ++round) {
    const Permissions a = random_permissions(random);
    const Permissions b = random_permissions(random);
    const Permissions c = random_permissions(random);
    const Permissions result = effective(a, b, c);
    for (const std::string& text : kThings) {
      const Rule one = thing(text);
      ASSERT_EQ(result.includes(one), a.includes(one) && b.includes(one) && c.includes(one))
          << text << " in round " << round;
    }
  }
}

TEST(Effective, NeverWidensGrowsWithItsInputsAndIsDoneOnce) {
  std::mt19937 random(2);
  for (int round = 0; round < 1'000; ++round) {
    const Permissions a = random_permissions(random);
    const Permissions b = random_permissions(random);
    const Permissions c = random_permissions(random);
    const Permissions result = effective(a, b, c);
    ASSERT_TRUE(a.includes(result) && b.includes(result) && c.includes(result)) << round;
    ASSERT_EQ(texts_of(effective(result, result, result)), texts_of(result)) << round;
    ASSERT_EQ(texts_of(effective(result, b, c)), texts_of(result)) << round;
    ASSERT_TRUE(effective(b, a, c).includes(result)) << round;
    Permissions more = b;
    more.add(random_permissions(random));
    ASSERT_TRUE(effective(a, more, c).includes(result)) << round;
  }
}

TEST(Permissions, EveryRuleIsReadAsItIsWritten) {
  for (const Texts& texts : {kRules, kThings}) {
    for (const std::string& text : texts) {
      if (text.find(':') == std::string::npos) continue;
      const Rule rule = thing(text);
      const auto again = parse_rule(kind_of(rule), to_string(rule));
      ASSERT_TRUE(again) << text;
      EXPECT_EQ(*again, rule) << text;
    }
  }
  const CommandRule odd{"/opt/my prog*", {{"a b", false}, {"...", false}, {"\\*", true}}, true};
  const auto again = parse_command_rule(to_string(odd));
  ASSERT_TRUE(again) << to_string(odd);
  EXPECT_EQ(*again, odd);
}

TEST(Permissions, WhatIsWrongIsRefusedWholeAndSaid) {
  const auto refuses = [](CapabilityKind kind, const std::string& rule, Side side) {
    Permissions permissions;
    const auto added = permissions.add({kind, {"/shared", rule}, {}}, side);
    EXPECT_FALSE(added) << rule;
    EXPECT_FALSE(permissions.has(kind)) << rule;
  };
  using enum CapabilityKind;
  for (const char* rule :
       {"relative", "/a/../b", "/a//b", "/a/", "/a:rw", "", "/a\nb", "/shared/x", "/srv::/",
        "/srv::/shared", "srv::/m", "/srv/../etc::/m", "/srv:/::/m"}) {
    refuses(filesystem, rule, Side::policy);
  }
  refuses(filesystem, "/srv::/m", Side::request);  // which directory it is, is for the user to say
  refuses(filesystem, "/m", Side::grant);          // and here it has to be said
  refuses(filesystem, "/srv::*", Side::grant);
  refuses(filesystem, "/srv/...::/m", Side::grant);
  for (const char* rule : {"/bin/x", "ls", "/bin/../x", "/bin/x  a", "/bin/x a ... b", "/bin/x *a",
                           "/bin/x \\", "/bin/x \x1b[2J", "/bin/*"}) {
    Permissions permissions;
    EXPECT_EQ(bool(permissions.add({subprocess, {rule}, {}}, Side::grant)),
              std::string(rule) == "/bin/x");
  }
  for (const char* rule : {"through", "out:", "out:a*b", "OUT"}) {
    refuses(midi, rule, Side::grant);
  }
  for (const char* rule : {"", "Play", "a b", "a:b"}) {
    refuses(audio, rule, Side::grant);
  }
  Permissions many;
  Capability hosts{network, {}, {}};
  for (std::size_t i = 0; i <= kMaxRules; ++i)
    hosts.allow.push_back("https://h" + std::to_string(i) + ".org");
  EXPECT_EQ(many.add(hosts, Side::request).error().code, ErrorCode::limit);
}

TEST(Lacking, IsWhatWasAskedForAndIsNotThere) {
  const std::vector<Capability> asked = {
      {CapabilityKind::filesystem, {"/shared", "/music:ro"}, "to read"},
      {CapabilityKind::network, {"https://a.org", "https://b.org"}, "to talk"},
      {CapabilityKind::midi, {}, "to play"}};
  const Texts all = {"filesystem:/",          "filesystem:/shared",    "filesystem:/music:ro",
                     "network:https://a.org", "network:https://b.org", "midi"};
  EXPECT_EQ(texts_of(lacking(asked, {})), all);
  const Permissions some = make(
      {"filesystem:/srv/m::/music:ro", "filesystem:/shared", "network:https://b.org", "midi:out"},
      Side::grant);
  const auto missing = lacking(asked, some);
  EXPECT_EQ(texts_of(missing), (Texts{"network:https://a.org", "midi"}));
  EXPECT_EQ(missing.front().reason, "to talk");
  EXPECT_EQ(texts_of(lacking({{CapabilityKind::filesystem, {}, {}}}, {})), (Texts{"filesystem"}));
}

TEST(Grantable, IsWhatThePluginAsksForAndThePolicyLeaves) {
  const Permissions asked =
      make({"filesystem:/music:ro", "network:https://a.org", "midi"}, Side::request);
  const Permissions policy = Permissions::everything();
  const auto grant = [&](const std::string& text, const Permissions& left) -> std::string {
    const auto granted = grantable(*parse_capability(text), asked, left);
    return granted ? texts_of({*granted}).front() : granted.error().message;
  };
  EXPECT_EQ(grant("network", policy), "network:https://a.org");  // what it asks for today
  EXPECT_EQ(grant("midi:out:Synth", policy), "midi:out:Synth");
  EXPECT_EQ(grant("midi", policy), "midi");
  EXPECT_EQ(grant("filesystem", policy), "filesystem");
  EXPECT_EQ(grant("filesystem:/srv/m::/music:ro", policy), "filesystem:/srv/m::/music:ro");
  EXPECT_NE(grant("filesystem:/srv/m::/music", policy).find("does not ask"), std::string::npos);
  EXPECT_NE(grant("filesystem:/shared", policy).find("does not ask"), std::string::npos);
  EXPECT_NE(grant("network:https://b.org", policy).find("does not ask"), std::string::npos);
  EXPECT_NE(grant("audio", policy).find("does not ask"), std::string::npos);
  const Permissions strict =
      make({"network:https://*.a.org", "filesystem:/home/...::*"}, Side::policy);
  EXPECT_NE(grant("network", strict).find("policy forbids"), std::string::npos);
  EXPECT_NE(grant("midi", strict).find("policy forbids"), std::string::npos);
  EXPECT_NE(grant("filesystem:/srv/m::/music:ro", strict).find("policy forbids"),
            std::string::npos);
  EXPECT_EQ(grant("filesystem:/home/m::/music:ro", strict), "filesystem:/home/m::/music:ro");
}

}  // namespace
}  // namespace midimon::grants
