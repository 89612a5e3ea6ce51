// The functions of "midimon" as docs/abi.md and the SDKs have them, held to the table of the code.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>

#include "hostapi/table.h"

namespace midimon::hostapi {
namespace {

using wasm::ValueType;

std::string read(const std::string& path) {
  std::ifstream in(std::string(MIDIMON_SOURCE_DIR) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What `pattern` finds in a file: the name in its first group, the parameters in its second.
std::map<std::string, std::string> functions(const std::string& path, const std::string& pattern) {
  const std::string text = read(path);
  std::map<std::string, std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
    found[(*it)[1]] = (*it)[2];
  return found;
}

// How many parameters there are, with or without a comma behind the last.
std::size_t count_params(const std::string& params) {
  std::size_t count = 0;
  bool any = false;
  for (const char c : params) {
    if (c == ',') {
      if (any) ++count;
      any = false;
    } else if (c != ' ' && c != '\n' && c != '\t') {
      any = true;
    }
  }
  return count + (any ? 1 : 0);
}

void expect_the_same(const std::map<std::string, std::string>& found) {
  const auto table = import_module().functions;
  for (const wasm::HostFunction& row : table) {
    const auto function = found.find(std::string(row.name));
    ASSERT_NE(function, found.end()) << row.name << " is missing";
    EXPECT_EQ(count_params(function->second), row.param_count) << row.name;
  }
  EXPECT_EQ(found.size(), table.size());
}

TEST(AbiDocuments, ThePageHasTheTypesOfTheTable) {
  const auto found = functions("docs/abi.md", R"(\| `(\w+)` \| `\(([^)]*)\)(?: -> i32)?` \| )");
  for (const wasm::HostFunction& row : import_module().functions) {
    const auto function = found.find(std::string(row.name));
    ASSERT_NE(function, found.end()) << row.name;
    EXPECT_EQ(count_params(function->second), row.param_count) << row.name;
    EXPECT_TRUE(std::all_of(row.params.begin(), row.params.begin() + row.param_count,
                            [](ValueType type) { return type == ValueType::i32; }))
        << row.name;
    EXPECT_EQ(row.has_result, row.name != "log") << row.name;
  }
}

TEST(AbiDocuments, TheSdkOfCHasTheFunctionsOfTheTable) {
  expect_the_same(
      functions("sdk/c/midimon.h", R"re(MIDIMON_IMPORT\("(\w+)"\)\s+\w+ \w+\(([^)]*)\);)re"));
}

TEST(AbiDocuments, TheSdkOfRustHasTheFunctionsOfTheTable) {
  expect_the_same(functions("sdk/rust/src/raw.rs", R"(pub fn (\w+)\(([^)]*)\))"));
}

TEST(AbiDocuments, TheSdkOfGoHasTheFunctionsOfTheTable) {
  expect_the_same(
      functions("sdk/go/raw.go", R"(//go:wasmimport midimon (\w+)\nfunc \w+\(([^)]*)\))"));
}

TEST(AbiDocuments, TheSdkOfAssemblyScriptHasTheFunctionsOfTheTable) {
  expect_the_same(
      functions("sdk/assemblyscript/assembly/raw.ts", R"(declare function (\w+)\(([^)]*)\))"));
}

}  // namespace
}  // namespace midimon::hostapi
