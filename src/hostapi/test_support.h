// What the tests of host functions share: a guest that is nothing but memory, and calls to the
// functions by name, as an engine would make them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "hostapi/context.h"
#include "hostapi/secret_source.h"
#include "hostapi/table.h"

namespace midimon::hostapi::testing {

class ListLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view source, std::string_view text) override {
    lines.push_back(std::string(source) + ": " + std::string(text));
  }
  std::vector<std::string> lines;
};

class ListSink final : public audit::Sink {
 public:
  void record(const audit::Event& event) override {
    events.push_back(std::string(to_string(event.kind)) + " " + std::string(event.detail));
  }
  std::vector<std::string> events;
};

class MapSecrets final : public SecretSource {
 public:
  void use(std::string_view plugin, std::string_view name, Used done) override {
    ++used;
    const auto found = secrets.find(std::string(plugin) + "/" + std::string(name));
    if (found == secrets.end()) return done(std::nullopt);
    if (hangs) return;
    trust::SecretBytes bytes(found->second.size());
    std::copy(found->second.begin(), found->second.end(), bytes.data());
    done(Usable{std::move(bytes), only_to});
  }
  void read(std::string_view /*plugin*/, std::string_view /*name*/, Read done) override {
    done(std::nullopt);
  }
  void store(std::string_view /*plugin*/, std::string_view /*name*/, std::string_view /*value*/,
             Stored done) override {
    done({});
  }
  std::map<std::string, std::string> secrets;
  std::optional<grants::HostRule> only_to;
  int used = 0;
  bool hangs = false;  // never answers
};

inline grants::Permissions granted(CapabilityKind kind, const std::vector<std::string>& allow) {
  grants::Permissions permissions;
  const auto added = permissions.add({kind, allow, {}}, grants::Side::policy);
  EXPECT_TRUE(added) << (added ? "" : added.error().message);
  return permissions;
}

inline Services services(net::Web* web, SecretSource* secrets = nullptr) {
  Services all;
  all.web = web;
  all.secrets = secrets;
  return all;
}

// A plugin "guest" with 4 MiB of memory, in which everything that it is given lies one after the
// other.
class Guest {
 public:
  static constexpr std::uint32_t kSize = 4U << 20U;
  struct Text {
    std::uint32_t address;
    std::uint32_t length;
  };

  // `pool` may be null.
  Guest(grants::Permissions permissions, Services services, ConnectionPool* pool = nullptr)
      : Guest(permissions, permissions, services, pool) {}
  // One that asks for less than its user granted.
  Guest(grants::Permissions granted, grants::Permissions permissions, Services services,
        ConnectionPool* pool = nullptr)
      : permissions_(std::move(permissions)),
        granted_(std::move(granted)),
        services_(services),
        pool_(pool) {}

  Text put(std::string_view text) {
    const Text place{next_, static_cast<std::uint32_t>(text.size())};
    std::memcpy(memory_.data() + place.address, text.data(), text.size());
    next_ += (place.length + 15U) & ~7U;
    return place;
  }
  // A number that a function writes.
  std::uint32_t slot() { return put(std::string(8, '\xAA')).address; }
  [[nodiscard]] std::uint32_t number(std::uint32_t address) const {
    return view().load<std::uint32_t>(address);
  }
  [[nodiscard]] std::string text(std::uint32_t address, std::uint32_t length) const {
    return std::string(view().text(address, length));
  }

  Answer call(std::string_view name, std::initializer_list<std::uint32_t> arguments) {
    const auto functions = import_module().functions;
    const auto row = std::find_if(functions.begin(), functions.end(),
                                  [&](const wasm::HostFunction& one) { return one.name == name; });
    if (row == functions.end() || row->param_count != arguments.size()) {
      ADD_FAILURE() << name << " is no function with " << arguments.size() << " parameters";
      return Answer::failed;
    }
    std::array<wasm::RawValue, wasm::HostFunction::kMaxParams> values{};
    std::size_t i = 0;
    for (const std::uint32_t argument : arguments)
      values.at(i++).i32 = static_cast<std::int32_t>(argument);
    wasm::Budget budget(clock.monotonic() + call_time);
    wasm::HostCall host{view(), budget};
    row->invoke(&context, host, values.data());
    over = budget.is_over();
    return static_cast<Answer>(values[0].i32);
  }

  // What a function with a buffer at its end answers.
  std::pair<Answer, std::string> read(std::string_view name,
                                      std::initializer_list<std::uint32_t> arguments,
                                      std::uint32_t capacity = 65'536) {
    const std::uint32_t length = slot();
    const std::uint32_t buffer = kSize - capacity;
    std::vector<std::uint32_t> all(arguments);
    all.insert(all.end(), {buffer, capacity, length});
    Answer answer = Answer::failed;
    switch (all.size()) {
      case 3:
        answer = call(name, {all[0], all[1], all[2]});
        break;
      case 4:
        answer = call(name, {all[0], all[1], all[2], all[3]});
        break;
      default:
        answer = call(name, {all[0], all[1], all[2], all[3], all[4]});
    }
    return {answer, answer == Answer::ok ? text(buffer, number(length)) : ""};
  }
  std::string last_error() { return read("last_error", {}).second; }

  SystemClock clock;
  Nanos call_time = std::chrono::seconds(20);
  bool over = false;  // whether the last call ended the guest
  ListLog log;
  ListSink sink;

 private:
  [[nodiscard]] wasm::GuestMemory view() const { return {memory_.data(), memory_.size()}; }

  mutable std::vector<std::byte> memory_{kSize};
  std::uint32_t next_ = 1024;
  LogBudget budget_{1'000'000};
  LaunchBudget launches_;
  std::string plugin_ = "guest";
  std::string version_ = "1";
  std::string source_ = "plugin guest";
  grants::Permissions all_ = grants::Permissions::everything();
  grants::Permissions permissions_;
  grants::Permissions granted_;
  Services services_;
  ConnectionPool* pool_;
  Gate gate_{{plugin_, version_, source_, all_, all_}, log, &sink};

 public:
  Context context{{log, budget_, launches_, clock, source_, gate_, permissions_, granted_, nullptr,
                   services_, pool_}};
};

}  // namespace midimon::hostapi::testing
