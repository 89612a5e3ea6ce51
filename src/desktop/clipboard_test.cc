#include "desktop/clipboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "actions/desktop_caller.h"
#include "desktop/clipboard_x11.h"
#include "desktop/windows_test_support.h"
#include "desktop/x11_connection.h"

namespace midimon {
namespace {

using testing::eventually;
using ::testing::HasSubstr;

std::string run_shell(const std::string& line) {
  std::FILE* out = ::popen(line.c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), out))
    text.append(buffer.data(), got);
  ::pclose(out);
  return text;
}

// How other programs of a desktop copy and paste.
struct X11Tools : testing::X11TestDesktop {
  void start() override { server.emplace(); }
  void kill() override { server->kill(); }
  [[nodiscard]] std::map<std::string, std::string> variables() const override {
    return {{"DISPLAY", server->display()}};
  }
  static std::string paste() { return "xclip -selection clipboard -o 2>/dev/null"; }
  static std::string copy(const std::string& file) {
    return "xclip -selection clipboard -i " + file;
  }
  std::optional<testing::XServer> server;
};
struct SwayTools : testing::SwayTestDesktop {
  static std::string paste() { return "wl-paste --no-newline 2>/dev/null"; }
  static std::string copy(const std::string& file) { return "wl-copy < " + file; }
};

template <typename Tools>
class ClipboardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    desktop_.start();
    ASSERT_TRUE(eventually([&] {
      auto opened = open_clipboard(desktop_.environment());
      if (opened) clipboard_ = std::move(*opened);
      return opened.has_value();
    }));
  }
  std::string shell(const std::string& line) {
    std::string all = "env";
    for (const auto& [name, value] : desktop_.variables())
      all.append(" ").append(name).append("=").append(value);
    return run_shell(all + " sh -c '" + line + "'");
  }
  std::string pasted() { return shell(Tools::paste()); }
  // Another program copies the text, and holds it.
  void copy(const std::string& text) {
    const auto file = folder_.path() / "copied";
    std::ofstream(file) << text;
    shell(Tools::copy(file) + " >/dev/null 2>&1");
  }
  std::string get() {
    const auto text = clipboard_->get();
    return text ? *text : "error: " + text.error().message;
  }

  testing::TestFolder folder_;
  Tools desktop_;
  std::unique_ptr<Clipboard> clipboard_;
};

using Both = ::testing::Types<X11Tools, SwayTools>;
TYPED_TEST_SUITE(ClipboardTest, Both);

TYPED_TEST(ClipboardTest, WhatIsSetIsPastedByOthersAndReadBack) {
  EXPECT_EQ(this->get(), "");
  ASSERT_TRUE(this->clipboard_->set("Grüße, 世界"));
  EXPECT_EQ(this->pasted(), "Grüße, 世界");
  EXPECT_EQ(this->get(), "Grüße, 世界");
  const std::string large(kMaxClipboardBytes - 100, 'x');
  ASSERT_TRUE(this->clipboard_->set(large));
  EXPECT_EQ(this->pasted(), large);
}

TYPED_TEST(ClipboardTest, WhatOthersCopyIsReadAlsoWhenItIsLarge) {
  this->copy("from another");
  EXPECT_TRUE(eventually([&] { return this->get() == "from another"; })) << this->get();
  ASSERT_TRUE(this->clipboard_->set("ours"));
  EXPECT_EQ(this->pasted(), "ours");
  std::string large;
  for (int i = 0; large.size() < kMaxClipboardBytes - 10; ++i)
    large += std::to_string(i);
  large.resize(kMaxClipboardBytes);
  this->copy(large);
  EXPECT_TRUE(eventually([&] { return this->get() == large; }));
}

TYPED_TEST(ClipboardTest, MoreThanTheBoundIsAnErrorAndTheNextIsRead) {
  this->copy(std::string(kMaxClipboardBytes + 1, 'x'));
  EXPECT_TRUE(eventually([&] {
    const auto text = this->clipboard_->get();
    return !text && text.error().code == ErrorCode::limit;
  }));
  this->copy(std::string(8UL * 1024 * 1024, 'x'));  // in pieces
  EXPECT_TRUE(eventually([&] {
    const auto text = this->clipboard_->get();
    return !text && text.error().code == ErrorCode::limit;
  }));
  this->copy("small");
  EXPECT_TRUE(eventually([&] { return this->get() == "small"; })) << this->get();
}

TYPED_TEST(ClipboardTest, ADesktopThatGoesIsAnErrorAndNoWait) {
  ASSERT_TRUE(this->clipboard_->set("x"));
  this->desktop_.kill();
  EXPECT_TRUE(eventually([&] { return !this->clipboard_->alive(); }));
  EXPECT_FALSE(this->clipboard_->set("y"));
  EXPECT_FALSE(open_clipboard(this->desktop_.environment()));
}

TEST(X11Clipboard, AProgramThatHoldsItAndDoesNotAnswerIsNotWaitedForLong) {
  const testing::XServer server;
  auto silent = X11Connection::open(server.display());
  ASSERT_TRUE(silent);
  const xcb_window_t window = xcb_generate_id(silent->get());
  xcb_create_window(silent->get(), XCB_COPY_FROM_PARENT, window, silent->root(), 0, 0, 1, 1, 0,
                    XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, 0, nullptr);
  const auto atoms = silent->atoms({"CLIPBOARD"});
  xcb_set_selection_owner(silent->get(), window, atoms->at(0), XCB_CURRENT_TIME);
  ASSERT_TRUE(silent->sync());
  const auto clipboard = open_x11_clipboard(server.display());
  ASSERT_TRUE(clipboard);
  const auto text = (*clipboard)->get();
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("in time"));
  EXPECT_TRUE((*clipboard)->set("taken over"));
  EXPECT_EQ(*(*clipboard)->get(), "taken over");
}

TEST(Clipboard, SaysWhatIsMissingWithoutADesktop) {
  const auto none = open_clipboard([](const std::string&) { return std::nullopt; });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace midimon
