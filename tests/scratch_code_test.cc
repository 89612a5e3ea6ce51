// What `midimon plugin test` shares between its cases, and what it does not.
#include <gtest/gtest.h>

#include "cli/scratch.h"
#include "plugins/runtime.h"
#include "plugins/test_support.h"

namespace midimon::cli {
namespace {

TEST(ScratchCode, IsCompiledOnceForAllRuntimes) {
  const ScratchCode code;
  std::shared_ptr<wasm::AotCache> shared;
  for (int i = 0; i < 3; ++i) {
    plugins::TestRuntime runtime;
    code.serve(runtime.get());
    WasmPlugin first = runtime.load("echo");
    WasmPlugin second = runtime.load("echo");
    EXPECT_EQ(first.execute({.action = "say"}).outcome, Outcome::ok);
    EXPECT_FALSE(std::filesystem::exists(runtime.home() / "cache"));
    shared = runtime.get().parts().aot_cache;
  }
  EXPECT_EQ(shared->counts().compiled, 1U);
  EXPECT_EQ(shared->counts().kept, 1U);
  EXPECT_EQ(shared->counts().found, 5U);
  EXPECT_EQ(shared->counts().dropped, 0U);
}

}  // namespace
}  // namespace midimon::cli
