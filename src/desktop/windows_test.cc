#include "desktop/windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <thread>

#include "base/text.h"
#include "base/unique_fd.h"
#include "desktop/programs.h"
#include "desktop/windows_sway.h"
#include "desktop/windows_test_support.h"

namespace midimon {
namespace {

using testing::eventually;
using ::testing::HasSubstr;

template <typename Desktop>
class WindowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    desktop_.start();
    ASSERT_TRUE(eventually([&] {
      auto opened = open_windows(desktop_.environment());
      if (!opened || !(*opened)->list()) return false;
      windows_ = std::move(*opened);
      return true;
    }));
  }
  [[nodiscard]] std::vector<Window> list() {
    auto all = windows_->list();
    EXPECT_TRUE(all) << all.error().message;
    return all ? *all : std::vector<Window>();
  }
  // The one of that name; none that says so if it is not there.
  [[nodiscard]] Window window(const std::string& name) {
    for (const Window& each : list()) {
      if (each.name == name) return each;
    }
    return {};
  }

  Desktop desktop_;
  std::unique_ptr<Windows> windows_;
};

using Desktops = ::testing::Types<testing::X11TestDesktop, testing::SwayTestDesktop>;
TYPED_TEST_SUITE(WindowsTest, Desktops);

TYPED_TEST(WindowsTest, TellsRealWindowsAndGivesThemTheKeyboard) {
  EXPECT_TRUE(this->list().empty());
  const auto one = this->desktop_.open_window("First");
  ASSERT_TRUE(eventually([&] { return this->window("First").focused; }));
  const auto two = this->desktop_.open_window("Second");
  ASSERT_TRUE(eventually([&] { return this->window("Second").focused; }));
  const Window first = this->window("First");
  EXPECT_FALSE(first.focused);
  EXPECT_EQ(first.title, "the First");
  EXPECT_EQ(first.pid, one->pid());
  EXPECT_TRUE(is_called(first, "first"));
  EXPECT_TRUE(is_called(first, folded_name(this->desktop_.terminal("")[0])));
  EXPECT_FALSE(is_called(first, "second"));
  EXPECT_FALSE(is_called(first, ""));

  ASSERT_TRUE(this->windows_->focus(first.id));
  EXPECT_TRUE(eventually([&] { return this->window("First").focused; }));
  EXPECT_FALSE(this->window("Second").focused);
}

TYPED_TEST(WindowsTest, SaysOfEachChangeThatThereWasOne) {
  ASSERT_TRUE(this->windows_->take_events());
  const auto one = this->desktop_.open_window("First");
  EXPECT_TRUE(eventually([&] { return *this->windows_->take_events(); }));
}

TYPED_TEST(WindowsTest, ADesktopThatGoesIsAnErrorAndNoWait) {
  this->desktop_.kill();
  EXPECT_TRUE(eventually([&] { return !this->windows_->take_events().has_value(); }));
  EXPECT_FALSE(this->windows_->list());
  EXPECT_FALSE(this->windows_->focus(1));
  EXPECT_FALSE(open_windows(this->desktop_.environment()));
}

TEST(Windows, SaysWhatIsMissingWithoutADesktop) {
  const auto none = open_windows([](const std::string&) { return std::nullopt; });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::unsupported);
  EXPECT_THAT(none.error().message, HasSubstr("SWAYSOCK"));
}

TEST(Windows, AnXServerWithoutAWindowManagerSaysSo) {
  const testing::XServer server;
  const auto windows = open_windows([&](const std::string& name) -> std::optional<std::string> {
    if (name == "DISPLAY") return server.display();
    return std::nullopt;
  });
  ASSERT_TRUE(windows) << windows.error().message;
  const auto all = (*windows)->list();
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message, HasSubstr("window manager"));
}

TEST(Windows, TitlesAreCutBetweenCharacters) {
  EXPECT_EQ(bounded_title("Grüße"), "Grüße");
  EXPECT_EQ(bounded_title("\xff\xfe"), "");
  std::string text(Windows::kMaxTitleBytes - 1, 'x');
  EXPECT_EQ(bounded_title(text + "ü"), text);
  EXPECT_EQ(bounded_title(text + "yy"), text + "y");
  EXPECT_EQ(bounded_title(std::string(4096, '\x80')), "");
}

// What listens where a sway would, and answers as it is told, by the type of what it is asked.
class FakeSway {
 public:
  using Answer = std::function<std::string(std::uint32_t type)>;
  explicit FakeSway(Answer answer) : listening_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.get(), 1), 0);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const UniqueFd peer(::accept(listening_.get(), nullptr, nullptr));
      std::array<char, 4096> buffer;
      while (::recv(peer.get(), buffer.data(), buffer.size(), 0) > 0) {
        std::uint32_t type = 0;
        std::memcpy(&type, buffer.data() + 10, sizeof type);
        const std::string bytes = answer(type);
        (void)::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~FakeSway() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::string path() const { return folder_.path() / "socket"; }

 private:
  testing::TestFolder folder_;
  UniqueFd listening_;
  std::thread thread_;
};

std::string sway_message(std::uint32_t length, std::uint32_t type, const std::string& payload) {
  std::string out = "i3-ipc";
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out.append(reinterpret_cast<const char*>(&type), sizeof type);
  return out + payload;
}

TEST(SwayWindows, WhatIsNotSwayIsAnError) {
  const std::string nested(10'000, '[');
  for (const std::string& answer :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), sway_message(0xFFFFFFFF, 2, ""),
        sway_message(2, 2, "{}"), sway_message(4, 2, "null"), sway_message(4, 7, "null"),
        sway_message(3, 2, "\xff{}"), sway_message(10'000, 2, nested)}) {
    const FakeSway sway([&](std::uint32_t) { return answer; });
    EXPECT_FALSE(open_sway_windows(sway.path())) << escape_line(answer.substr(0, 30));
  }
}

TEST(SwayWindows, ATreeOfNonsenseIsAListWithoutIt) {
  const std::string tree =
      R"({"success":true,"id":"x","nodes":[null,5,{"pid":"7"},{"pid":7,"id":-1,"name":5,)"
      R"("app_id":null,"focused":"yes","nodes":{}},{"window_properties":{"class":[]}}]})";
  const FakeSway sway([&](std::uint32_t type) {
    return sway_message(static_cast<std::uint32_t>(tree.size()), type, tree);
  });
  const auto windows = open_sway_windows(sway.path());
  ASSERT_TRUE(windows) << windows.error().message;
  const auto all = (*windows)->list();
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->at(0).name + all->at(0).title, "");
  EXPECT_FALSE(all->at(0).focused);
  EXPECT_FALSE((*windows)->focus(7));  // "success" is that of an object, not of a list
}

}  // namespace
}  // namespace midimon
