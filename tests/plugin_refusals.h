// Whether a plugin copes by itself with params that its schema would have kept from it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {

// JSON as TOML writes it in one line.
inline std::string to_toml(const nlohmann::json& value) {
  if (!value.is_structured()) return value.dump();
  std::string out;
  for (const auto& [key, member] : value.items()) {
    if (!out.empty()) out += ", ";
    if (value.is_object()) out += nlohmann::json(key).dump() + " = ";
    out += to_toml(member);
  }
  return value.is_object() ? "{ " + out + " }" : "[" + out + "]";
}

// Expects that `plugin run` refuses each of the params, by the schema or as the plugin says; and
// that the plugin, given them nonetheless (`plugin test` does not ask the schema), says a
// PluginError and reaches for nothing.
inline void expect_refused(const Scratch& scratch, const std::string& plugin,
                           const std::string& action, const std::vector<nlohmann::json>& all) {
  const std::filesystem::path project = scratch.path("refusals");
  std::filesystem::create_directories(project);
  const auto keep = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(guest(plugin), project / (plugin + ".wasm"), keep);
  write_text(project / "plugin.toml", "name = \"" + plugin + "\"\nlanguage = \"c\"\n");
  std::string cases;
  for (const nlohmann::json& params : all) {
    const Finished run = run_midimon(
        scratch, {"plugin", "run", guest(plugin), "--unsigned", action, "--params", params.dump()});
    EXPECT_TRUE(run.status == 1 || run.status == 2) << params << run.out;
    EXPECT_NE(run.err, "") << params;
    cases += "[[case]]\nname = " + nlohmann::json(params.dump()).dump() + "\naction = \"" + action +
             "\"\nparams = " + to_toml(params) + "\nexpect.outcome = \"PluginError\"\n";
  }
  write_text(project / "cases.toml", cases);
  const Finished tested = run_midimon(scratch, {"plugin", "test", "--no-build", project.string()});
  EXPECT_EQ(tested.status, 0) << tested.out << tested.err;
}

}  // namespace midimon::testing
