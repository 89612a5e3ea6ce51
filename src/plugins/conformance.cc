#include "plugins/conformance.h"

#include <fmt/format.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

#include "base/bounded_json.h"
#include "base/text.h"
#include "plugins/metadata.h"
#include "plugins/outcome_text.h"
#include "plugins/sandbox.h"

namespace midimon::plugins {
namespace {

using namespace std::string_literals;

constexpr int kBadMemory = 1;
constexpr int kBadJson = 2;
constexpr int kFirstError = 3;
constexpr int kMaxJsonDepth = 64;
// What every host has room for is 128 MiB; a plugin that keeps what it was given back would need
// more than this after so many rounds.
constexpr int kRounds = 500;
constexpr std::uint32_t kRound = 65536;
constexpr std::uint64_t kMostGrowth = 8ULL << 20;
constexpr std::uint32_t kTop = 0xFFFFFFF0U;  // beyond any memory that is not 4 GiB

// What sandboxes need, and what a plugin that has said nothing yet is.
class Bench {
 public:
  Bench(Runtime::Parts& runtime, const wasm::Program& program)
      : parts_{runtime, program, config_, budget_, launches_, gate_, connections_, source_} {}

  // Runs `work` in a fresh instance; a sentence if the guest stopped in it or before.
  std::string in_instance(const std::function<std::string(Sandbox&)>& work) {
    Sandbox sandbox(parts_, std::make_shared<const Access>());
    sandbox.begin();
    std::string problem;
    if (sandbox.start()) problem = work(sandbox);
    const wasm::Stop stop = sandbox.finish();
    if (stop.reason == wasm::StopReason::returned) return problem;
    const std::string why = explain(stop, config_, sandbox.memory_refused_bytes()).message;
    return (problem.empty() ? "" : problem + " ") + "It was stopped: " + why;
  }

 private:
  WasmConfig config_;
  hostapi::LogBudget budget_{config_.max_log_bytes_per_minute};
  hostapi::LaunchBudget launches_;
  hostapi::ConnectionPool connections_;
  std::string source_ = "plugin";
  std::string nobody_;
  grants::Permissions nothing_;
  // Which logs nothing, as nobody is known to be refused.
  class NoLog final : public LogSink {
    void write(LogLevel, std::string_view, std::string_view) override {}
  } log_;
  hostapi::Gate gate_{{nobody_, nobody_, source_, nothing_, nothing_}, log_, nullptr};
  SandboxParts parts_;
};

std::string request(std::string_view action, std::string_view params) {
  return fmt::format(
      "{{\"action\":{},\"params\":{},\"context\":{{\"velocity\":100,"
      "\"current_mode\":null,\"timestamp\":1767225600000}}}}",
      json_quote(action), params);
}

std::string shown(std::string_view text) {
  return "`" + escape_line(text.substr(0, 80)) + "`";
}

std::string said(std::optional<int> code) {
  return code ? fmt::format("`execute` returned {}", *code) : "it did not return";
}

// Each text in an instance of its own has to be answered with `wanted`.
std::string answers(Bench& bench, std::initializer_list<std::string> texts, int wanted) {
  for (const std::string& text : texts) {
    std::string problem = bench.in_instance([&](Sandbox& sandbox) {
      const auto code = sandbox.execute(text);
      return code == wanted ? ""s
                            : fmt::format("To {} {}, not {}. {}", shown(text), said(code), wanted,
                                          sandbox.abi_error());
    });
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string says_the_same_again(Bench& bench) {
  std::optional<std::string> first;
  for (int instance = 0; instance < 2; ++instance) {
    std::string problem = bench.in_instance([&](Sandbox& sandbox) {
      for (int call = 0; call < 2; ++call) {
        const auto json = sandbox.init();
        if (!json) return "`init` gave nothing. " + sandbox.abi_error();
        if (!first) first = json;
        if (*first != *json) return "`init` says something else the next time."s;
      }
      return ""s;
    });
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string refuses_outside(Bench& bench) {
  return bench.in_instance([](Sandbox& sandbox) {
    for (const auto& [address, length] :
         {std::pair{kTop, 8U}, std::pair{kTop, 64U}, std::pair{16U, kTop}}) {
      const auto code = sandbox.execute_at(address, length);
      if (code != kBadMemory) {
        return fmt::format("To {} bytes at {:#x} {}, not 1.", length, address, said(code));
      }
    }
    return ""s;
  });
}

std::string has_no_such_action(Bench& bench) {
  return bench.in_instance([](Sandbox& sandbox) {
    const auto code = sandbox.execute(request("no.such-action", "{}"));
    if (!code || *code < kFirstError) {
      return "To an action that it has not " + said(code) + ", not 3 or more.";
    }
    return sandbox.host().error().empty() ? "It has no words for an action that it has not."s : ""s;
  });
}

std::string gives_0_for_too_much(Bench& bench) {
  return bench.in_instance([](Sandbox& sandbox) {
    for (const std::uint32_t size : {0x7FFFFFFFU, 0xFFFFFFF0U, 0xFFFFFFFFU}) {
      const auto address = sandbox.allocate(size);
      if (address != 0U) return fmt::format("`alloc` does not return 0 for {} bytes.", size);
    }
    const auto code = sandbox.execute(request("no.such-action", "{}"));
    return code && *code >= kFirstError ? ""s : "It does not work any more after that."s;
  });
}

std::string gives_memory_back(Bench& bench) {
  return bench.in_instance([](Sandbox& sandbox) {
    const std::uint64_t before = sandbox.memory_peak_bytes();
    for (int i = 0; i < kRounds; ++i) {
      const auto address = sandbox.allocate(kRound);
      if (!address) return "`alloc` did not return."s;
      if (*address == 0) return fmt::format("`alloc` returns 0 for 64 KiB, the {}th time.", i + 1);
      if (!sandbox.deallocate(*address, kRound)) return "`dealloc` did not return."s;
    }
    return sandbox.memory_peak_bytes() > before + kMostGrowth
               ? "`dealloc` does not give memory back."s
               : ""s;
  });
}

// Whatever it makes of them, it returns, does not take them for no text, and what it says is sound.
std::string bears(Bench& bench, const Metadata& metadata, const std::vector<std::string>& params) {
  for (const ActionInfo& action : metadata.actions) {
    for (const std::string& given : params) {
      std::string problem = bench.in_instance([&](Sandbox& sandbox) {
        const auto code = sandbox.execute(request(action.id, given));
        const std::string where = fmt::format("{} with {}: ", shown(action.id), shown(given));
        if (!code || *code < 0 || *code == kBadMemory) return where + said(code) + ".";
        const std::string& output = sandbox.host().output();
        if (!output.empty() && !parse_bounded_json(output, kMaxJsonDepth)) {
          return where + "its output is not JSON.";
        }
        if (*code >= kFirstError && sandbox.host().error().empty()) {
          return where + "it failed without words for it.";
        }
        return ""s;
      });
      if (!problem.empty()) return problem;
    }
  }
  return {};
}

std::vector<std::string> odd_params() {
  return {"{}", R"({"text":"p\u0000q \u00fc \u4e2d \ud83c\udfb9 \"\\\n"})",
          "{\"\xC3\xBC \xF0\x9F\x8E\xB9\":\"\xF0\x9F\x8E\xB9\"}",
          R"({"a":[1,-0.5,1e300,-9223372036854775808,true,null,{"b":{}}]})"};
}

std::vector<std::string> large_params() {
  std::string deep = "1";
  for (int i = 0; i < 60; ++i)
    deep.insert(0, 1, '[').push_back(']');
  std::string many = "{";
  for (int i = 0; i < 4000; ++i)
    many += fmt::format("{}\"k{}\":{}", i > 0 ? "," : "", i, i);
  return {"{\"text\":\"" + std::string(60'000, 'x') + "\"}", "{\"deep\":" + deep + "}", many + "}"};
}

std::string goes_on(Bench& bench, const Metadata& metadata) {
  return bench.in_instance([&](Sandbox& sandbox) {
    const std::string first = metadata.actions.empty() ? "x" : metadata.actions.front().id;
    for (const std::string& text :
         {request(first, "{}"), "{"s, request("no.such-action", "{}"), request(first, "{}")}) {
      sandbox.host().reset();
      if (!sandbox.execute(text)) return "It did not return from " + shown(text) + ".";
    }
    return ""s;
  });
}

}  // namespace

Result<std::vector<Finding>> check_conformance(Runtime& runtime, std::span<const std::byte> wasm) {
  const auto plugin = WasmPlugin::load(runtime, wasm);
  if (!plugin) return tl::unexpected(plugin.error());
  const Metadata& metadata = plugin->metadata();
  Runtime::Parts& parts = runtime.parts();
  const auto module = wasm::Module::compile(*parts.engine, wasm);
  if (!module) return tl::unexpected(module.error());
  const auto program = wasm::Program::link(*parts.linker, *module);
  if (!program) return tl::unexpected(program.error());
  Bench bench(parts, *program);
  return std::vector<Finding>{
      {"init-again", says_the_same_again(bench)},
      {"alloc-too-much", gives_0_for_too_much(bench)},
      {"dealloc", gives_memory_back(bench)},
      {"outside-memory", refuses_outside(bench)},
      {"not-utf8", answers(bench, {"\xFF\xFE{}", "{\"action\":\"\xC0\x80\"}"}, kBadMemory)},
      {"not-json",
       answers(bench, {"{", "nonsense", "{\"action\":\"x\"", "{\"action\":\"x\"} {"}, kBadJson)},
      {"no-request", answers(bench, {"[]", "1", "{}", "{\"action\":1}"}, kBadJson)},
      {"unknown-action", has_no_such_action(bench)},
      {"odd-params", bears(bench, metadata, odd_params())},
      {"large-params", bears(bench, metadata, large_params())},
      {"goes-on", goes_on(bench, metadata)},
  };
}

}  // namespace midimon::plugins
