// What the tests of the host functions share: a guest's memory without a guest, and a machine that
// notes what is asked of it.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "actions/desktop_caller.h"
#include "actions/system_caller.h"
#include "hostapi/context.h"
#include "hostapi/secret_source.h"
#include "hostapi/table.h"
#include "wasm/budget.h"

namespace midimon::hostapi {

class FakeSystem final : public SystemCaller {
 public:
  void call(SystemRequest request, std::stop_token stop,
            std::function<void(SystemReport)> done) override {
    asked.push_back(describe(request));
    last_stop = std::move(stop);
    if (answers) done(report);
  }
  std::vector<std::string> asked;
  SystemReport report;
  bool answers = true;
  std::stop_token last_stop;
};

class FakeDesktop final : public DesktopCaller {
 public:
  void ask(DesktopRequest request, std::stop_token stop, Done done) override {
    asked.push_back(std::move(request));
    last_stop = std::move(stop);
    if (answers) done(answer);
  }
  // The last one, which must be a T.
  template <typename T>
  [[nodiscard]] const T& last() const {
    return std::get<T>(asked.back());
  }
  std::vector<DesktopRequest> asked;
  Result<DesktopAnswer> answer;
  bool answers = true;
  std::stop_token last_stop;
};

class HostFunctionsTest : public ::testing::Test, public LogSink, public audit::Sink {
 protected:
  static constexpr std::uint32_t kMemory = 512U * 1024;
  static constexpr std::uint32_t kText = 1024;  // where call() puts texts, one after another
  static constexpr std::uint32_t kOut = 400U * 1024;
  static constexpr std::uint32_t kLength = kOut - 8;

  HostFunctionsTest() { remake(); }

  void write(LogLevel, std::string_view, std::string_view) override {}
  void record(const audit::Event& event) override { denied.emplace_back(event.detail); }

  void grant(CapabilityKind kind, const std::vector<std::string>& what = {}) {
    ASSERT_TRUE(granted_.add({kind, what, {}}, grants::Side::policy));
    remake();
  }
  void remake() { remake(&desktop_); }
  void remake(DesktopCaller* desktop) { remake(desktop, clock_); }
  void remake(DesktopCaller* desktop, const Clock& clock) {
    Services services;
    services.secrets = secrets_;
    services.system = &system_;
    services.desktop = desktop;
    context_.emplace(ContextParts{*this, budget_, launches_, clock, plugin_, gate_, granted_,
                                  granted_, nullptr, services, nullptr, settings_});
  }

  // Calls the function with that name; a text stands for its address and length.
  using Argument = std::variant<std::int64_t, std::string_view>;
  Answer call(std::string_view name, const std::vector<Argument>& arguments) {
    std::array<wasm::RawValue, wasm::HostFunction::kMaxParams> values{};
    std::size_t count = 0;
    std::uint32_t at = kText;
    const auto add = [&](std::int64_t value) {
      values.at(count++).i32 = static_cast<std::int32_t>(value);
    };
    for (const Argument& argument : arguments) {
      if (const auto* number = std::get_if<std::int64_t>(&argument)) {
        add(*number);
        continue;
      }
      const auto text = std::get<std::string_view>(argument);
      std::memcpy(memory_.data() + at, text.data(), text.size());
      add(at);
      add(static_cast<std::int64_t>(text.size()));
      at += static_cast<std::uint32_t>(text.size());
    }
    for (const wasm::HostFunction& row : import_module().functions) {
      if (row.name != name) continue;
      EXPECT_EQ(row.param_count, count) << name;
      wasm::HostCall host{{memory_.data(), memory_.size()}, *call_budget_};
      row.invoke(&*context_, host, values.data());
      return static_cast<Answer>(values[0].i32);
    }
    ADD_FAILURE() << "there is no function " << name;
    return Answer::failed;
  }
  [[nodiscard]] std::uint32_t u32(std::uint32_t address) const {
    std::uint32_t value = 0;
    std::memcpy(&value, memory_.data() + address, sizeof value);
    return value;
  }
  [[nodiscard]] std::string out() const {
    return {reinterpret_cast<const char*>(memory_.data()) + kOut, u32(kLength)};
  }

  std::vector<std::string> denied;
  std::string plugin_ = "obs";
  std::string version_ = "1";
  grants::Permissions everything_ = grants::Permissions::everything();
  grants::Permissions granted_;
  LogBudget budget_{1000};
  LaunchBudget launches_;
  SystemClock clock_;
  Gate gate_{{plugin_, version_, plugin_, everything_, everything_}, *this, this};
  FakeSystem system_;
  FakeDesktop desktop_;
  SecretSource* secrets_ = nullptr;
  std::string settings_ = "{}";
  std::optional<wasm::Budget> call_budget_{std::in_place};
  std::vector<std::byte> memory_ = std::vector<std::byte>(kMemory);
  std::optional<Context> context_;
};

}  // namespace midimon::hostapi
