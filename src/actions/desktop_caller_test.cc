#include "actions/desktop_caller.h"

#include <gtest/gtest.h>

#include <string>

namespace midimon {
namespace {

TEST(OpenableUrl, IsAPageOrAMail) {
  for (const char* url :
       {"https://a.example/x?y=%20#z", "HTTP://a.example", "mailto:a@b.example",
        "mailto:a@b.example?subject=Set%20list&body=Now%3F%20&CC=c@d.example", "mailto:?to=a@b.c&",
        "mailto:a@b.c?subject=Tom%20%26%20Jerry;%20do%20not%20attach%20it&body=What?%20Yes",
        "https://a.example/?attach=/etc/passwd"}) {
    EXPECT_TRUE(is_openable_url(url)) << url;
  }
  for (const std::string& url :
       {std::string("file:///etc/passwd"), std::string("javascript:x"), std::string("https://"),
        std::string("https://a b"), "https://" + std::string(2048, 'a')}) {
    EXPECT_FALSE(is_openable_url(url)) << url;
  }
}

TEST(OpenableUrl, AttackAMailThatTakesAFileOfTheUsersAlong) {
  for (const char* url : {
           "mailto:a@b.c?attach=/home/me/.ssh/id_ed25519",
           "mailto:a@b.c?subject=x&attachment=/etc/passwd",
           "MailTo:?ATTACH=/etc/passwd",
           "mailto:a@b.c?%61ttach=/etc/passwd",
           "mailto:a@b.c?%41%54%54%41%43%48ment=file:///etc/passwd",
           "mailto:a@b.c?%2561ttach=/etc/passwd",
           "mailto:a@b.c?attach%20=/etc/passwd",
           "mailto:a@b.c?%20attach=/etc/passwd",
           "mailto:a@b.c?attach%3D/etc/passwd",
           "mailto:a@b.c?insert=/etc/passwd",
           "mailto:a@b.c?x-anything=/etc/passwd",
           "mailto:a@b.c?subject=x&amp;attach=/etc/passwd",
           "mailto:a@b.c?subject=x;attach=/etc/passwd",
           "mailto:a@b.c?subject=x?attach=/etc/passwd",
           "mailto:a@b.c?subject=x%26attach=/etc/passwd",
           "mailto:a@b.c?subject=x%26%41ttachment%3D/etc/passwd",
           "mailto:a@b.c?subject=x%0d%0aattach=/etc/passwd",
           "mailto:a@b.c?subject=x#&attach=/etc/passwd",
           "mailto:a@b.c%3Fattach=/etc/passwd",
           "mailto:a@b.c&attach=/etc/passwd",
       }) {
    EXPECT_FALSE(is_openable_url(url)) << url;
  }
}

}  // namespace
}  // namespace midimon
