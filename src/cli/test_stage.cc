#include "cli/test_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "base/bounded_json.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/plugin_config.h"
#include "cli/rehearsal.h"
#include "midimon/plugin.h"
#include "plugins/polled_events.h"
#include "plugins/runtime.h"
#include "secrets/open_store.h"

namespace midimon::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Whoever it is, in the form that secrets ask for.
const std::string kSigner = "unsigned:" + std::string(64, '0');
constexpr int kMaxJsonDepth = 64;
constexpr std::size_t kMaxShown = 4096;  // of a file

// The time of a case: it begins when the case says, goes by as the real time does, and is put
// forward in between.
class CaseClock final : public Clock {
 public:
  explicit CaseClock(Nanos realtime) : realtime_(realtime) {}

  [[nodiscard]] Nanos monotonic() const override { return kUp + elapsed(); }
  [[nodiscard]] Nanos realtime() const override { return realtime_ + elapsed(); }

  // Since the first step began; before that, since this was made.
  [[nodiscard]] Nanos elapsed() const {
    return system_.monotonic() - Nanos(began_.load(std::memory_order_relaxed));
  }
  // A step begins: makes it `wish`, if it is not later already. What it is then, exactly.
  Nanos begin_step(Nanos wish) {
    const Nanos now = system_.monotonic();
    const Nanos elapsed = std::exchange(first_, false) ? wish : std::max(wish, this->elapsed());
    began_ = (now - elapsed).count();
    return elapsed;
  }

 private:
  static constexpr Nanos kUp = std::chrono::hours(1);  // that the machine seems to be up

  const SystemClock system_;
  const Nanos realtime_;
  std::atomic<Nanos::rep> began_ = system_.monotonic().count();  // on the system's clock
  bool first_ = true;
};

// All that one case needs, below a directory of its own.
class Stage {
 public:
  explicit Stage(const TestCase& test) : test_(test), clock_(test.now) {}

  // What was not as expected, in sentences.
  Result<std::vector<std::string>> run(const fs::path& module, const ScratchCode& code) {
    if (scratch_.path().empty()) return fail(ErrorCode::io, "Cannot make a scratch directory.");
    RuntimeOptions options = runtime_options(8);
    options.home = (scratch_.path() / "home").string();
    options.audit = false;
    options.aot_cache = false;
    options.log = [this](int, std::string_view, std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.emplace_back(line);
    };
    auto runtime = Runtime::create(std::move(options));
    if (!runtime) return tl::unexpected(runtime.error());
    hostapi::Services& services = (*runtime)->parts().services;
    services.stand_in = &rehearsal_;
    services.system = &rehearsal_;
    services.desktop = &rehearsal_;
    (*runtime)->parts().guest_clock = &clock_;
    code.serve(**runtime);
    if (auto ready = make_ready(**runtime, module); !ready) return tl::unexpected(ready.error());
    auto plugin = load(**runtime, module);
    if (!plugin) return tl::unexpected(plugin.error());
    std::vector<std::string> problems;
    for (std::size_t i = 0; i < test_.steps.size() && problems.empty(); ++i) {
      auto found = take(*plugin, test_.steps[i]);
      if (!found) return tl::unexpected(found.error());
      problems = std::move(*found);
      if (test_.steps.size() == 1) continue;
      for (std::string& problem : problems)
        problem = fmt::format("step {}: {}", i + 1, problem);
    }
    return problems;
  }

 private:
  // One call; what was not as expected of it.
  Result<std::vector<std::string>> take(WasmPlugin& plugin, const TestStep& step) {
    rehearsal_.expect(step.calls);
    {
      const std::lock_guard lock(mutex_);
      log_.clear();
    }
    if (step.action.empty()) return poll(plugin, step);
    if (auto problem = check_action(plugin.metadata(), step.action)) return std::vector{*problem};
    auto params = Params::from_json(step.params);
    if (!params) return tl::unexpected(params.error());
    const Nanos at = clock_.begin_step(step.at.value_or(Nanos{}));
    const auto timestamp = std::chrono::floor<std::chrono::milliseconds>(test_.now + at);
    const Request request{step.action, *params, step.velocity, step.mode, timestamp.count()};
    CallResult result;
    std::thread([&] { result = plugin.execute(request); }).join();
    return compare(step, result);
  }

  // Asks for events as its worker does (plugins/plugin_host.cc).
  std::vector<std::string> poll(WasmPlugin& plugin, const TestStep& step) {
    if (plugin.metadata().type != Metadata::Type::trigger) {
      return {fmt::format("{} is not asked for events: its metadata has no \"type\": \"trigger\"",
                          plugin.metadata().name)};
    }
    clock_.begin_step(step.at.value_or(next_poll_));
    CallResult result;
    std::thread([&] { result = plugin.poll(); }).join();
    plugins::PolledEvents polled;
    if (result.outcome == Outcome::ok) {
      auto parsed = plugins::parse_polled_events(result.output_json);
      if (parsed) {
        polled = std::move(*parsed);
      } else {
        result.outcome = Outcome::plugin_error;
        result.message = parsed.error().message;
      }
    }
    next_poll_ = clock_.elapsed() + polled.next;
    std::vector<std::string> problems = compare(step, result);
    if (step.events && !are_alike(polled.events, *step.events)) {
      problems.push_back(fmt::format("it answers {}, which are not the {} events of the case",
                                     result.output_json.empty() ? "nothing" : result.output_json,
                                     step.events->size()));
    }
    if (step.next && polled.next != *step.next) {
      problems.push_back(fmt::format("it wants to be asked again after {}, not after {}",
                                     format_duration(polled.next), format_duration(*step.next)));
    }
    return problems;
  }

  static bool are_alike(const std::vector<TypedEvent>& some,
                        const std::vector<TypedEvent>& others) {
    return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                      [](const TypedEvent& one, const TypedEvent& other) {
                        return plugins::bytes_of(one) == plugins::bytes_of(other);
                      });
  }

  Result<WasmPlugin> load(Runtime& runtime, const fs::path& module) {
    WasmConfig config;
    config.settings_json = test_.settings;
    config.signer = kSigner;
    config.grants = [this](const Metadata& metadata, std::string_view) { return grants(metadata); };
    return WasmPlugin::load(runtime, module, std::move(config));
  }

  // What the plugin asks for, except for what the case denies.
  Result<GrantAnswer> grants(const Metadata& metadata) {
    auto directories = scratch_directories(metadata, scratch_.path());
    if (!directories) return tl::unexpected(directories.error());
    mounts_ = directories->mounts;
    GrantAnswer answer;
    for (const Capability& ask : metadata.capabilities) {
      const bool denied =
          std::find(test_.deny.begin(), test_.deny.end(), ask.kind) != test_.deny.end();
      if (denied) continue;
      answer.capabilities.push_back(ask.kind == CapabilityKind::filesystem
                                        ? directories->files
                                        : Capability{ask.kind, ask.allow, {}});
    }
    return answer;
  }

  // Puts files and secrets where the plugin will find them: it is loaded once to ask where that is.
  Result<void> make_ready(Runtime& runtime, const fs::path& module) {
    const auto plugin = load(runtime, module);
    if (!plugin) return tl::unexpected(plugin.error());
    own_ = plugin->data_directory();
    for (const auto& [path, contents] : test_.files) {
      const fs::path file = host_path(path);
      std::error_code error;
      fs::create_directories(file.parent_path(), error);
      std::ofstream out(file, std::ios::binary);
      out << contents;
      out.close();
      if (file.empty() || !out) {
        return fail(ErrorCode::invalid,
                    fmt::format("The case's file {} is in no directory that the plugin has.",
                                escape_line(path)));
      }
    }
    const auto store = secrets::open_store(runtime.parts().places);
    for (const auto& [name, value] : test_.secrets) {
      trust::SecretBytes bytes(value.size());
      std::copy(value.begin(), value.end(), bytes.data());
      const secrets::Secret secret{std::move(bytes), secrets::Kind::readable};
      if (auto kept = store->set({plugin->metadata().name, kSigner}, name, secret); !kept)
        return kept;
    }
    return {};
  }

  // Where the plugin's `path` is on the host; empty if it has no directory there.
  [[nodiscard]] fs::path host_path(const std::string& path) const {
    for (const auto& [guest, host] : mounts_) {
      if (path.starts_with(guest + "/")) return host / path.substr(guest.size() + 1);
    }
    if (own_.empty() || !path.starts_with("/")) return {};
    return fs::path(own_) / path.substr(1);
  }

  std::vector<std::string> compare(const TestStep& step, const CallResult& result) {
    std::vector<std::string> problems;
    const auto expect = [&](bool holds, const std::string& problem) {
      if (!holds) problems.push_back(problem);
    };
    expect(
        result.outcome == step.outcome,
        fmt::format("it ended as {}{}{} where the case expects {}", to_string(result.outcome),
                    result.message.empty() ? "" : ": ", result.message, to_string(step.outcome)));
    if (step.code) {
      expect(result.code == *step.code,
             fmt::format("its code is {}, not {}", result.code, *step.code));
    }
    expect(result.message.find(step.error) != std::string::npos,
           fmt::format("its error is \"{}\", without \"{}\"", result.message, step.error));
    if (step.output) {
      const auto output = parse_bounded_json(result.output_json, kMaxJsonDepth);
      expect(output == step.output,
             fmt::format("its output is {}, not {}",
                         result.output_json.empty() ? "nothing" : result.output_json,
                         step.output->dump()));
    }
    if (step.state) {
      const auto state = parse_bounded_json(result.state_json, kMaxJsonDepth);
      expect(state && includes(*state, *step.state),
             fmt::format("its state is {}, not {}",
                         result.state_json.empty() ? "nothing" : result.state_json,
                         step.state->dump()));
    }
    compare_log(step, problems);
    compare_files(step, problems);
    for (std::string& problem : rehearsal_.problems())
      problems.push_back(std::move(problem));
    if (!problems.empty() && !result.out.empty()) problems.push_back("it printed: " + result.out);
    if (!problems.empty() && !result.err.empty()) problems.push_back("it printed: " + result.err);
    return problems;
  }

  void compare_log(const TestStep& step, std::vector<std::string>& problems) {
    const std::lock_guard lock(mutex_);
    for (const std::string& wanted : step.log) {
      const bool found = std::any_of(log_.begin(), log_.end(), [&](const std::string& line) {
        return line.find(wanted) != std::string::npos;
      });
      if (found) continue;
      problems.push_back(
          fmt::format("no line of its log has \"{}\"; it has {}", wanted,
                      json(log_).dump(-1, ' ', false, json::error_handler_t::replace)));
    }
  }

  void compare_files(const TestStep& step, std::vector<std::string>& problems) const {
    const auto is_there = [](const fs::path& file) {
      std::error_code error;
      return !file.empty() && fs::exists(file, error);
    };
    for (const std::string& path : step.gone) {
      if (is_there(host_path(path))) problems.push_back("the file " + path + " is still there");
    }
    for (const auto& [path, wanted] : step.files) {
      const fs::path file = host_path(path);
      std::ifstream in(file, std::ios::binary);
      const std::string contents{std::istreambuf_iterator<char>(in),
                                 std::istreambuf_iterator<char>()};
      if (!is_there(file)) {
        problems.push_back(fmt::format("the file {} is not there", path));
      } else if (wanted != contents) {
        problems.push_back(fmt::format("the file {} holds \"{}\", not \"{}\"", path,
                                       escape_line(contents.substr(0, kMaxShown)),
                                       escape_line(wanted.substr(0, kMaxShown))));
      }
    }
  }

  const TestCase& test_;
  ScratchDirectory scratch_;
  CaseClock clock_;
  Nanos next_poll_{};  // since the case began
  Rehearsal rehearsal_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::map<std::string, fs::path> mounts_;
  std::string own_;
};

}  // namespace

Result<std::vector<std::string>> run_case(const TestCase& test, const fs::path& module,
                                          const ScratchCode& code) {
  return Stage(test).run(module, code);
}

}  // namespace midimon::cli
