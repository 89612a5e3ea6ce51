// Desktops for tests of windows: X11 with a window manager, and sway; each with real programs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/places.h"
#include "desktop/sway_test_support.h"
#include "desktop/test_process.h"
#include "desktop/x11_test_support.h"

namespace midimon::testing {

class TestDesktop {
 public:
  virtual ~TestDesktop() = default;
  virtual void start() = 0;
  virtual void kill() = 0;
  // The environment that programs of it have.
  [[nodiscard]] virtual std::map<std::string, std::string> variables() const = 0;
  // A terminal that its desktop calls `name`.
  [[nodiscard]] virtual std::vector<std::string> terminal(const std::string& name) const = 0;

  [[nodiscard]] Environment environment() const {
    return [all = variables()](const std::string& name) -> std::optional<std::string> {
      const auto found = all.find(name);
      if (found == all.end()) return std::nullopt;
      return found->second;
    };
  }
  std::unique_ptr<TestProcess> run(const std::vector<std::string>& argv) {
    std::vector<std::string> all;
    for (const auto& [name, value] : variables())
      all.push_back(std::string(name).append("=").append(value));
    return std::make_unique<TestProcess>(argv, all, -1, folder_.path() / "log");
  }
  std::unique_ptr<TestProcess> open_window(const std::string& name) { return run(terminal(name)); }

 private:
  TestFolder folder_;
};

class X11TestDesktop : public TestDesktop {
 public:
  void start() override {
    server_.emplace();
    manager_ = run({"openbox", "--sm-disable"});
  }
  void kill() override {
    server_->kill();
    manager_.reset();
  }
  [[nodiscard]] std::map<std::string, std::string> variables() const override {
    return {{"DISPLAY", server_ ? server_->display() : ":4711"}};
  }
  [[nodiscard]] std::vector<std::string> terminal(const std::string& name) const override {
    return {"xterm", "-class", name, "-T", "the " + name, "-e", "sleep", "1000"};
  }

 private:
  std::optional<XServer> server_;
  std::unique_ptr<TestProcess> manager_;
};

class SwayTestDesktop : public TestDesktop {
 public:
  void start() override { server_.start(); }
  void kill() override { server_.kill(); }
  [[nodiscard]] std::map<std::string, std::string> variables() const override {
    return {{"WAYLAND_DISPLAY", SwayServer::kDisplay},
            {"SWAYSOCK", server_.socket()},
            {"DISPLAY", ":4711"}};
  }
  [[nodiscard]] std::vector<std::string> terminal(const std::string& name) const override {
    return {"foot", "--app-id", name, "--title", "the " + name, "sleep", "1000"};
  }

 private:
  SwayServer server_;
};

}  // namespace midimon::testing
