// midimon plugin test: calls a plugin as its cases say, with a world that answers as they say.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/plugin_cases.h"
#include "cli/plugin_config.h"
#include "cli/plugin_project.h"
#include "cli/rehearsal.h"
#include "cli/scratch.h"
#include "cli/test_case.h"
#include "midimon/plugin.h"
#include "plugins/runtime.h"
#include "secrets/open_store.h"

namespace midimon::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Whoever it is, in the form that secrets ask for.
const std::string kSigner = "unsigned:" + std::string(64, '0');
constexpr int kMaxJsonDepth = 64;

struct Options {
  std::string directory = ".";
  std::string only;
  bool no_build = false;
};

// All that one case needs, below a directory of its own.
class Stage {
 public:
  explicit Stage(const TestCase& test) : test_(test), rehearsal_(test.calls) {}

  // What was not as expected, in sentences.
  Result<std::vector<std::string>> run(const fs::path& module) {
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
    if (auto ready = make_ready(**runtime, module); !ready) return tl::unexpected(ready.error());
    auto plugin = load(**runtime, module);
    if (!plugin) return tl::unexpected(plugin.error());
    if (const auto problem = check_action(plugin->metadata(), test_.action)) {
      return std::vector<std::string>{*problem};
    }
    auto params = Params::from_json(test_.params);
    if (!params) return tl::unexpected(params.error());
    const Request request{test_.action, *params, test_.velocity, test_.mode, 0};
    CallResult result;
    std::thread([&] { result = plugin->execute(request); }).join();
    return compare(result);
  }

 private:
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

  std::vector<std::string> compare(const CallResult& result) {
    std::vector<std::string> problems;
    const auto expect = [&](bool holds, const std::string& problem) {
      if (!holds) problems.push_back(problem);
    };
    const std::string outcome(to_string(result.outcome));
    expect(outcome == test_.outcome,
           fmt::format("it ended as {}{}{} where the case expects {}", outcome,
                       result.message.empty() ? "" : ": ", result.message, test_.outcome));
    if (test_.code) {
      expect(result.code == *test_.code,
             fmt::format("its code is {}, not {}", result.code, *test_.code));
    }
    expect(result.message.find(test_.error) != std::string::npos,
           fmt::format("its error is \"{}\", without \"{}\"", result.message, test_.error));
    if (test_.output) {
      const auto output = parse_bounded_json(result.output_json, kMaxJsonDepth);
      expect(output == test_.output,
             fmt::format("its output is {}, not {}",
                         result.output_json.empty() ? "nothing" : result.output_json,
                         test_.output->dump()));
    }
    if (test_.state) {
      const auto state = parse_bounded_json(result.state_json, kMaxJsonDepth);
      expect(state && includes(*state, *test_.state),
             fmt::format("its state is {}, not {}",
                         result.state_json.empty() ? "nothing" : result.state_json,
                         test_.state->dump()));
    }
    compare_log(problems);
    compare_files(problems);
    for (std::string& problem : rehearsal_.problems())
      problems.push_back(std::move(problem));
    if (!problems.empty() && !result.out.empty()) problems.push_back("it printed: " + result.out);
    if (!problems.empty() && !result.err.empty()) problems.push_back("it printed: " + result.err);
    return problems;
  }

  void compare_log(std::vector<std::string>& problems) {
    const std::lock_guard lock(mutex_);
    for (const std::string& wanted : test_.log) {
      const bool found = std::any_of(log_.begin(), log_.end(), [&](const std::string& line) {
        return line.find(wanted) != std::string::npos;
      });
      if (found) continue;
      problems.push_back(
          fmt::format("no line of its log has \"{}\"; it has {}", wanted,
                      json(log_).dump(-1, ' ', false, json::error_handler_t::replace)));
    }
  }

  void compare_files(std::vector<std::string>& problems) {
    for (const auto& [path, wanted] : test_.files_after.items()) {
      const fs::path file = host_path(path);
      std::error_code error;
      const bool there = !file.empty() && fs::exists(file, error);
      if (wanted == false) {
        if (there) problems.push_back(fmt::format("the file {} is still there", path));
        continue;
      }
      std::ifstream in(file, std::ios::binary);
      const std::string contents{std::istreambuf_iterator<char>(in),
                                 std::istreambuf_iterator<char>()};
      if (!there) {
        problems.push_back(fmt::format("the file {} is not there", path));
      } else if (wanted != contents) {
        problems.push_back(fmt::format("the file {} holds \"{}\", not {}", path,
                                       escape_line(contents.substr(0, 4096)), wanted.dump()));
      }
    }
  }

  const TestCase& test_;
  ScratchDirectory scratch_;
  Rehearsal rehearsal_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::map<std::string, fs::path> mounts_;
  std::string own_;
};

int test(const Options& options) {
  const auto project = open_project(options.directory);
  if (!project) return report(project.error());
  if (!options.no_build) {
    if (const auto built = build_project(*project); !built) {
      report(built.error());
      return built.error().code == ErrorCode::invalid ? kFailed : kUsage;
    }
  }
  const auto failed = run_cases(*project, options.only);
  if (!failed) return report(failed.error());
  return *failed == 0 ? kOk : kFailed;
}

}  // namespace

Result<std::size_t> run_cases(const Project& project, const std::string& only) {
  const std::string file = (project.directory / "cases.toml").lexically_normal().string();
  const auto text = read_small_file(file);
  if (!text) return tl::unexpected(text.error());
  const auto cases = parse_cases(*text, file);
  if (!cases) return tl::unexpected(cases.error());
  std::size_t run = 0;
  std::size_t failed = 0;
  for (const TestCase& one : *cases) {
    if (one.name.find(only) == std::string::npos) continue;
    ++run;
    const auto problems = Stage(one).run(project.module());
    if (!problems) return tl::unexpected(problems.error());
    print(fmt::format("{}  {}\n", problems->empty() ? "ok    " : "FAILED", escape_line(one.name)));
    for (const std::string& problem : *problems)
      print(fmt::format("        {}\n", escape_line(problem)));
    if (!problems->empty()) ++failed;
  }
  if (run == 0) {
    return fail(ErrorCode::not_found,
                fmt::format("No case of {} has \"{}\" in its name.", file, only));
  }
  print(fmt::format("{} of {} cases are as they should be\n", run - failed, run));
  return failed;
}

void add_plugin_test(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "test",
      "Build the plugin in a directory, and call it as each [[case]] of its cases.toml says. "
      "Nothing real is reached: hosts, programs, the keyboard and all else answer what the case "
      "says.\n"
      "Exit status: 0 all is as expected, 1 something is not, 2 something is missing or wrong.");
  command->add_option("DIRECTORY", options->directory, "Where its plugin.toml is")
      ->capture_default_str();
  command->add_option("--only", options->only, "Only cases with this in their names");
  command->add_flag("--no-build", options->no_build, "Test what was built last");
  command->callback([=, &status] { status = test(*options); });
}

}  // namespace midimon::cli
