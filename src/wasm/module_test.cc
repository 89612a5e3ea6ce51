#include "wasm/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "wasm/engine.h"

namespace midimon::wasm {
namespace {

using testing::HasSubstr;

std::int32_t answer(int&, HostCall&, std::uint32_t) {
  return 42;
}
constexpr HostFunction kRows[] = {host_function<answer>("answer")};

class ModuleTest : public testing::Test {
 protected:
  static Engine& engine() {
    static const std::unique_ptr<Engine> shared = [] {
      EngineOptions options;
      options.pooling = false;
      return Engine::create(options);
    }();
    return *shared;
  }
  static Result<Module> compile(std::string_view wat) {
    const auto binary = wat_to_wasm(wat);
    if (!binary) return tl::unexpected(binary.error());
    return Module::compile(engine(), *binary);
  }
  // The message with which `wat` cannot be linked.
  static std::string link_error(std::string_view wat) {
    const ImportModule modules[] = {{"host", kRows}};
    const Linker linker(engine(), modules);
    const auto program = Program::link(linker, *compile(wat));
    return program ? "(it linked)" : program.error().message;
  }
};

TEST_F(ModuleTest, ListsImportsWithTheirTypes) {
  const auto module = compile(R"((module
    (import "env" "f" (func (param i32 i64 f32 f64) (result i64)))
    (import "env" "m" (memory 1))
    (import "env" "t" (table 1 funcref))
    (import "env" "g" (global i32))))");
  ASSERT_TRUE(module.has_value()) << module.error().message;
  ASSERT_EQ(module->imports().size(), 4U);
  EXPECT_EQ(module->imports()[0].module, "env");
  EXPECT_EQ(module->imports()[0].name, "f");
  EXPECT_EQ(module->imports()[0].kind, ExternKind::function);
  EXPECT_EQ(to_string(module->imports()[0].function), "(i32, i64, f32, f64) -> i64");
  EXPECT_EQ(module->imports()[1].kind, ExternKind::memory);
  EXPECT_EQ(module->imports()[2].kind, ExternKind::table);
  EXPECT_EQ(module->imports()[3].kind, ExternKind::global);
}

TEST_F(ModuleTest, ListsExports) {
  const auto module = compile(R"((module
    (memory (export "memory") 3)
    (func (export "none"))
    (func (export "two") (result i32 i64) (i32.const 0) (i64.const 0))
    (global (export "g") i32 (i32.const 0))
    (table (export "t") 1 funcref)))");
  ASSERT_TRUE(module.has_value()) << module.error().message;
  EXPECT_EQ(module->exports().size(), 5U);
  EXPECT_EQ(module->find_export("memory")->kind, ExternKind::memory);
  EXPECT_EQ(module->find_export("memory")->memory_minimum_bytes, 3U * 65536);
  EXPECT_EQ(to_string(module->find_export("none")->function), "() -> ()");
  EXPECT_EQ(to_string(module->find_export("two")->function), "() -> (i32, i64)");
  EXPECT_EQ(to_string(module->find_export("g")->kind), "global");
  EXPECT_EQ(to_string(module->find_export("t")->kind), "table");
  EXPECT_EQ(module->find_export("missing"), nullptr);
}

// Compiling such a module once ended the process.
TEST_F(ModuleTest, VectorsAndReferencesInSignaturesAreOtherTypes) {
  const auto module = compile(R"((module
    (import "env" "f" (func (param v128) (result funcref)))
    (func (export "g") (param externref v128))))");
  ASSERT_TRUE(module.has_value()) << module.error().message;
  EXPECT_EQ(module->imports()[0].function, (FunctionType{{ValueType::other}, {ValueType::other}}));
  EXPECT_EQ(to_string(module->find_export("g")->function), "(another type, another type) -> ()");
}

TEST_F(ModuleTest, WatErrorsHaveTheLine) {
  const auto broken = wat_to_wasm("(module\n  (func (result i32)\n");
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code, ErrorCode::invalid);
  EXPECT_THAT(broken.error().message, HasSubstr(":3:"));
  EXPECT_FALSE(wat_to_wasm("(module (fnuc))").has_value());
  EXPECT_TRUE(wat_to_wasm("(module)").has_value());
}

TEST_F(ModuleTest, WhatIsNotAModuleIsInvalid) {
  const std::string texts[] = {"", "#!/bin/sh", std::string("\0asm", 4),
                               std::string("\0asm\2\0\0\0", 8), std::string(1000, '\xFF')};
  for (const std::string& text : texts) {
    const auto module =
        Module::compile(engine(), {reinterpret_cast<const std::byte*>(text.data()), text.size()});
    ASSERT_FALSE(module.has_value());
    EXPECT_EQ(module.error().code, ErrorCode::invalid);
    EXPECT_FALSE(module.error().message.empty());
  }
}

TEST_F(ModuleTest, AModuleThatDoesNotValidateIsInvalid) {
  const auto module = compile("(module (func (result i32) (i64.const 0)))");
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().code, ErrorCode::invalid);
}

TEST_F(ModuleTest, TheLanguageIsNoLargerThanNeeded) {
  EXPECT_FALSE(compile("(module (memory i64 1))").has_value());
  EXPECT_FALSE(compile("(module (memory 1) (memory 1))").has_value());
  EXPECT_FALSE(compile("(module (memory 1 1 shared))").has_value());
  EXPECT_FALSE(compile("(module (type (struct)))").has_value());
  EXPECT_FALSE(compile("(module (tag))").has_value());
}

TEST_F(ModuleTest, EveryCutOfAModuleIsRefused) {
  const auto binary = wat_to_wasm(R"((module (memory (export "memory") 1)
    (func (export "f") (param i32) (result i32) (local.get 0))))");
  ASSERT_TRUE(binary.has_value());
  for (std::size_t size = 9; size + 1 < binary->size(); ++size) {
    (void)Module::compile(engine(), std::span(*binary).first(size));  // must not crash
  }
  EXPECT_FALSE(Module::compile(engine(), std::span(*binary).first(20)).has_value());
}

TEST_F(ModuleTest, SerializesAndComesBack) {
  const auto module = compile(R"((module (func (export "f"))))");
  const auto bytes = module->serialize();
  ASSERT_TRUE(bytes.has_value());
  const auto again = Module::deserialize(engine(), *bytes);
  ASSERT_TRUE(again.has_value());
  EXPECT_NE(again->find_export("f"), nullptr);
  EXPECT_FALSE(Module::deserialize(engine(), std::span(*bytes).first(100)).has_value());
}

TEST_F(ModuleTest, LinkingNamesTheImportThatIsMissing) {
  EXPECT_THAT(link_error(R"((module (import "host" "nothing" (func))))"), HasSubstr("nothing"));
  EXPECT_THAT(link_error(R"((module (import "env" "answer" (func))))"), HasSubstr("env"));
  EXPECT_NE(link_error(R"((module (import "host" "answer" (func))))"), "(it linked)");
  EXPECT_EQ(link_error(R"((module (import "host" "answer" (func (param i32) (result i32)))))"),
            "(it linked)");
}

// The names are the guest's, and the message is shown.
TEST_F(ModuleTest, Attack74_LinkErrorsHoldNoControlCharacters) {
  const std::string message = link_error("(module (import \"e\\1b[2J\\0a\" \"f\\07\" (func)))");
  EXPECT_TRUE(std::none_of(message.begin(), message.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  })) << testing::PrintToString(message);
}

TEST_F(ModuleTest, LinkersFindTheirRows) {
  const ImportModule modules[] = {{"host", kRows}};
  const Linker linker(engine(), modules);
  EXPECT_EQ(linker.find("host", "answer"), &kRows[0]);
  EXPECT_EQ(linker.find("host", "other"), nullptr);
  EXPECT_EQ(linker.find("other", "answer"), nullptr);
}

}  // namespace
}  // namespace midimon::wasm
