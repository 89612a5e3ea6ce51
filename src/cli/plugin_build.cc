// midimon plugin build: runs the tools of the plugin's language, and checks what they made.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/plugin_config.h"
#include "cli/plugin_project.h"
#include "cli/scratch.h"
#include "midimon/plugin.h"

namespace midimon::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// The path of a program; empty if PATH has none of that name.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string candidate = std::string(rest.substr(0, colon)) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate)) return candidate;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return {};
}

Result<std::string> need_program(const Words& names, std::string_view how) {
  for (const std::string& name : names) {
    if (std::string found = find_program(name); !found.empty()) return found;
  }
  return fail(ErrorCode::unsupported,
              fmt::format("There is no {} in PATH. {}", names.front(), how));
}

// The linker leaves room in each call for what it never fills in, a tenth of a module, unless it is
// told not to.
constexpr std::string_view kCompress = "--compress-relocations";

// What a tool is started with: its directory, and variables besides ours.
struct Tool {
  Words argv;
  fs::path directory;
  Words environment = {};
  bool quiet = false;  // what it prints is the answer, and not shown
};

// Runs it to its end; what it printed, if it is quiet.
Result<std::string> run_tool(const Tool& tool) {
  std::array<int, 2> pipe{-1, -1};
  if (tool.quiet && ::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    return fail(ErrorCode::io, "Cannot make a pipe.");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, tool.directory.c_str());
  // stdout is for what midimon says.
  posix_spawn_file_actions_adddup2(&actions, tool.quiet ? pipe[1] : STDERR_FILENO, STDOUT_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : tool.argv)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (const std::string& variable : tool.environment)
    environment.push_back(const_cast<char*>(variable.c_str()));
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.push_back(*variable);
  environment.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  std::string printed;
  if (tool.quiet) {
    ::close(pipe[1]);
    std::array<char, 512> piece{};
    for (ssize_t got = 1; error == 0 && got > 0;) {
      got = ::read(pipe[0], piece.data(), piece.size());
      if (got > 0) printed.append(piece.data(), static_cast<std::size_t>(got));
    }
    ::close(pipe[0]);
  }
  if (error != 0) {
    return fail(ErrorCode::io,
                fmt::format("Cannot start {}: {}.", tool.argv.front(),
                            std::error_code(error, std::generic_category()).message()));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return printed;
  return fail(ErrorCode::invalid,
              fmt::format("{} did not build the plugin. What is above says why.",
                          fs::path(tool.argv.front()).filename().string()));
}

// Sources below src/ with that extension, in order.
Words sources(const fs::path& directory, std::string_view extension) {
  Words found;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(directory / "src", error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->path().extension() == extension) {
      found.push_back(it->path().lexically_relative(directory).string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<void> build_clang(const Project& project, Names names) {
  const bool keep_names = names == Names::keep;
  const bool cpp = project.language == Language::cpp;
  const Words compilers = cpp ? Words{"clang++", "clang++-19", "clang++-16", "clang++-14"}
                              : Words{"clang", "clang-19", "clang-16", "clang-14"};
  const auto clang = need_program(
      compilers, cpp ? "On Debian: apt install clang lld wasi-libc libclang-rt-dev-wasm32 "
                       "libc++-dev-wasm32 libc++abi-dev-wasm32."
                     : "On Debian: apt install clang lld wasi-libc libclang-rt-dev-wasm32.");
  if (!clang) return tl::unexpected(clang.error());
  Words argv = {*clang,
                "--target=wasm32-wasi",
                "-mexec-model=reactor",
                cpp ? "-Oz" : "-Os",
                "-Wall",
                "-Wextra",
                "-Isdk"};
  if (cpp) argv.insert(argv.end(), {"-std=c++20", "-fno-exceptions", "-fno-rtti"});
  const Words files = sources(project.directory, cpp ? ".cc" : ".c");
  if (files.empty()) {
    return fail(ErrorCode::not_found, fmt::format("There is no {} in {}.", cpp ? ".cc" : ".c",
                                                  (project.directory / "src").string()));
  }
  argv.insert(argv.end(), files.begin(), files.end());
  argv.insert(argv.end(), {keep_names ? "-Wl,--strip-debug" : "-Wl,--strip-all",
                           "-Wl," + std::string(kCompress), "-o", project.name + ".wasm"});
  const auto built = run_tool({argv, project.directory});
  if (!built) return tl::unexpected(built.error());
  return {};
}

Result<void> keep(const fs::path& made, const Project& project) {
  std::error_code error;
  fs::copy_file(made, project.module(), fs::copy_options::overwrite_existing, error);
  if (!error) return {};
  return fail(ErrorCode::io, fmt::format("Cannot copy {} to {}: {}.", made.string(),
                                         project.module().string(), error.message()));
}

// What cargo is called with for one of WASI's targets.
Tool cargo_tool(const Project& project, const std::string& cargo, const std::string& target,
                bool before_1_68, Names names) {
  Tool tool{{cargo, "rustc", "--release", "--quiet", "--lib", "--target", target, "--target-dir",
             "target"},
            project.directory};
  const auto sdk = read_small_file((project.directory / "sdk/Cargo.toml").string());
  if (before_1_68 && sdk && sdk->find("before-1-68") != std::string::npos) {
    // What a crate without the standard library needs to have collections was not stable before,
    // and is allowed to the SDK alone.
    tool.argv.insert(tool.argv.end(), {"--features", "midimon/before-1-68"});
    tool.environment = {"RUSTC_BOOTSTRAP=midimon"};
  }
  if (names == Names::keep) tool.environment.push_back("CARGO_PROFILE_RELEASE_STRIP=debuginfo");
  tool.argv.insert(tool.argv.end(), {"--", "-C", fmt::format("link-arg={}", kCompress)});
  return tool;
}

// Whether `rustc --version` is that of a Rust before 1.68.
bool is_before_1_68(std::string_view version) {
  constexpr std::string_view kBegin = "rustc 1.";
  if (version.substr(0, kBegin.size()) != kBegin) return false;
  version.remove_prefix(kBegin.size());
  int minor = 0;
  const auto read = std::from_chars(version.data(), version.data() + version.size(), minor);
  return read.ec == std::errc() && minor < 68;
}

Result<void> build_rust(const Project& project, Names names) {
  const std::string how =
      "Install Rust from https://rustup.rs, then: rustup target add wasm32-wasip1.";
  const auto cargo = need_program({"cargo"}, how);
  const auto rustc = need_program({"rustc"}, how);
  if (!cargo || !rustc) return tl::unexpected(cargo ? rustc.error() : cargo.error());
  auto sysroot = run_tool({{*rustc, "--print", "sysroot"}, project.directory, {}, true});
  if (!sysroot) return tl::unexpected(sysroot.error());
  while (!sysroot->empty() && sysroot->back() == '\n')
    sysroot->pop_back();
  const auto version = run_tool({{*rustc, "--version"}, project.directory, {}, true});
  if (!version) return tl::unexpected(version.error());
  // Its name until Rust 1.83 was wasm32-wasi.
  for (const std::string target : {"wasm32-wasip1", "wasm32-wasi"}) {
    if (!fs::is_directory(fs::path(*sysroot) / "lib/rustlib" / target / "lib")) continue;
    const auto built =
        run_tool(cargo_tool(project, *cargo, target, is_before_1_68(*version), names));
    if (!built) return tl::unexpected(built.error());
    return keep(project.directory / "target" / target / "release" / "plugin.wasm", project);
  }
  return fail(ErrorCode::unsupported,
              "Rust has no standard library for WASI here: rustup target add wasm32-wasip1.");
}

Result<void> build_go(const Project& project) {
  const auto go = need_program({"go"}, "Install Go 1.24 or newer from https://go.dev/dl.");
  if (!go) return tl::unexpected(go.error());
  const auto built = run_tool({{*go, "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w",
                                "-o", project.name + ".wasm", "."},
                               project.directory,
                               {"GOOS=wasip1", "GOARCH=wasm"}});
  if (!built) return tl::unexpected(built.error());
  return {};
}

Result<void> build_assemblyscript(const Project& project) {
  const fs::path own = project.directory / "node_modules/.bin/asc";
  Result<std::string> asc = own.string();
  if (!fs::exists(own)) {
    asc = need_program({"asc"},
                       "Install Node.js from https://nodejs.org, then in the plugin's directory: "
                       "npm install.");
  }
  if (!asc) return tl::unexpected(asc.error());
  const auto built = run_tool({{fs::absolute(*asc).string(), "src/plugin.ts", "-O3", "--noAssert",
                                "--runtime", "incremental", "--use", "abort=sdk/assembly/abi/abort",
                                "--outFile", project.name + ".wasm"},
                               project.directory});
  if (!built) return tl::unexpected(built.error());
  return {};
}

Result<void> run_tools(const Project& project, Names names) {
  switch (project.language) {
    case Language::c:
    case Language::cpp:
      return build_clang(project, names);
    case Language::rust:
      return build_rust(project, names);
    case Language::go:
      return build_go(project);
    case Language::assemblyscript:
      return build_assemblyscript(project);
  }
  return fail(ErrorCode::unsupported, "There is no such language.");
}

// As any load does, without granting anything.
Result<void> check_module(const Project& project, const ScratchCode& code) {
  const ScratchDirectory scratch;
  if (scratch.path().empty()) return fail(ErrorCode::io, "Cannot make a scratch directory.");
  RuntimeOptions options = runtime_options(4);
  options.home = scratch.path().string();
  options.audit = false;
  options.aot_cache = false;
  const auto runtime = Runtime::create(std::move(options));
  if (!runtime) return tl::unexpected(runtime.error());
  code.serve(**runtime);
  WasmConfig config;
  config.expected_id = project.name;
  const auto plugin = WasmPlugin::load(**runtime, project.module(), std::move(config));
  if (!plugin) return tl::unexpected(plugin.error());
  return {};
}

int build(const std::string& directory) {
  const auto project = open_project(directory);
  if (!project) return report(project.error());
  if (const auto built = build_project(*project, ScratchCode()); !built) {
    const bool theirs = built.error().code == ErrorCode::invalid;
    report(built.error());
    return theirs ? kFailed : kUsage;
  }
  std::error_code error;
  print(fmt::format("{} is built: {}\n", project->module().lexically_normal().string(),
                    format_bytes(fs::file_size(project->module(), error))));
  return kOk;
}

}  // namespace

Result<void> build_project(const Project& project, const ScratchCode& code, Names names) {
  if (auto built = run_tools(project, names); !built) return built;
  return check_module(project, code);
}

void add_plugin_build(CLI::App& plugin, int& status) {
  auto directory = std::make_shared<std::string>(".");
  CLI::App* command = plugin.add_subcommand(
      "build",
      "Build the plugin in a directory, and check it as a load does.\n"
      "Exit status: 0 built, 1 it does not build or is no plugin, 2 something is missing.");
  command->add_option("DIRECTORY", *directory, "Where its plugin.toml is")->capture_default_str();
  command->callback([=, &status] { status = build(*directory); });
}

}  // namespace midimon::cli
