#include "desktop/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "desktop/test_process.h"
#include "desktop/test_support.h"
#include "desktop/x11_test_support.h"

namespace midimon {
namespace {

using testing::eventually;
using ::testing::HasSubstr;

// A bus of the test's own, with dunst on a display of its own; dunst prints what it is to show.
class NotifierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Without the services that the machine would start.
    std::ofstream(folder_.path() / "bus.conf")
        << "<busconfig><type>session</type><listen>" << address()
        << "</listen><policy context=\"default\"><allow send_destination=\"*\" "
           "eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>"
           "</busconfig>";
    bus_ = std::make_unique<testing::TestProcess>(
        std::vector<std::string>{"dbus-daemon", "--nofork", "--nopidfile",
                                 "--config-file=" + (folder_.path() / "bus.conf").string()},
        std::vector<std::string>{}, -1, folder_.path() / "bus.log");
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder_.path() / "bus"); }));
  }
  void start_dunst() {
    std::ofstream(folder_.path() / "dunstrc") << "[global]\nmarkup = full\n";
    dunst_ = std::make_unique<testing::TestProcess>(
        std::vector<std::string>{"stdbuf", "-oL", "dunst", "-print", "-conf",
                                 folder_.path() / "dunstrc"},
        std::vector<std::string>{"DBUS_SESSION_BUS_ADDRESS=" + address(),
                                 "DISPLAY=" + display_.display()},
        -1, folder_.path() / "dunst.log");
  }
  [[nodiscard]] std::string address() const {
    return "unix:path=" + (folder_.path() / "bus").string();
  }
  [[nodiscard]] Environment environment() const {
    return [address = address()](const std::string& name) -> std::optional<std::string> {
      if (name == "DBUS_SESSION_BUS_ADDRESS") return address;
      return std::nullopt;
    };
  }
  [[nodiscard]] std::string shown() const {
    std::ifstream in(folder_.path() / "dunst.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  testing::TestFolder folder_;
  testing::XServer display_;
  std::unique_ptr<testing::TestProcess> bus_;
  std::unique_ptr<testing::TestProcess> dunst_;
};

TEST_F(NotifierTest, ARealDaemonShowsTitleBodyAndUrgency) {
  start_dunst();
  Notifier notifier(environment());
  ASSERT_TRUE(eventually([&] {
    return notifier
        .show({"obs", "The title", "a <b>bold</b> & body", Notification::Urgency::critical})
        .has_value();
  })) << shown();
  EXPECT_TRUE(eventually([&] { return shown().find("The title") != std::string::npos; }));
  EXPECT_THAT(shown(), HasSubstr("midimon: obs"));
  EXPECT_THAT(shown(), HasSubstr("&lt;b&gt;bold&lt;/b&gt; &amp; body"));
  EXPECT_TRUE(eventually([&] { return shown().find("CRITICAL") != std::string::npos; })) << shown();
}

TEST_F(NotifierTest, WithoutADaemonItSaysSo) {
  const auto shown = Notifier(environment()).show({"obs", "x", "", {}});
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().code, ErrorCode::unsupported);
  EXPECT_THAT(shown.error().message, HasSubstr("shows notifications"));
}

TEST(Notifier, WithoutABusItSaysSo) {
  for (const char* address : {"", "unix:path=/nonexistent/bus", "nonsense"}) {
    Notifier notifier([address](const std::string& name) -> std::optional<std::string> {
      if (name == "DBUS_SESSION_BUS_ADDRESS") return address;
      return std::nullopt;
    });
    const auto shown = notifier.show({"", "x", "", {}});
    ASSERT_FALSE(shown) << address;
    EXPECT_EQ(shown.error().code, ErrorCode::unsupported);
    EXPECT_THAT(shown.error().message, HasSubstr("DBUS_SESSION_BUS_ADDRESS"));
  }
}

TEST(Notifier, MarkupIsTakenLiterally) {
  EXPECT_EQ(escape_markup("a<b>&amp;\""), "a&lt;b&gt;&amp;amp;\"");
}

}  // namespace
}  // namespace midimon
