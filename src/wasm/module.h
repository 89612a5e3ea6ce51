// The Module class is compiled WebAssembly and what it asks for and offers. The Program class is a
// module whose imports are bound to host functions, ready to be instantiated many times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"
#include "wasm/engine.h"
#include "wasm/host_function.h"

struct wasmtime_module;
struct wasmtime_linker;
struct wasmtime_instance_pre;

namespace midimon::wasm {

enum class ExternKind : std::uint8_t { function, memory, table, global, other };

// The type of a function, "(i32, i32) -> i64" for people.
struct FunctionType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;
  friend bool operator==(const FunctionType&, const FunctionType&) = default;
};
[[nodiscard]] std::string to_string(const FunctionType& type);
[[nodiscard]] std::string_view to_string(ExternKind kind);

struct Import {
  std::string module;
  std::string name;
  ExternKind kind = ExternKind::other;
  FunctionType function;  // of a function
};

struct Export {
  std::string name;
  ExternKind kind = ExternKind::other;
  FunctionType function;                   // of a function
  std::uint64_t memory_minimum_bytes = 0;  // of a memory
};

// Translates WebAssembly's text format to binary. The error has the line and column.
Result<std::vector<std::byte>> wat_to_wasm(std::string_view wat);

class Module {
 public:
  // Compiles `wasm`, a binary module. The error says what the engine has against it.
  static Result<Module> compile(const Engine& engine, std::span<const std::byte> wasm);
  // As compile(), from what serialize() gave. The bytes are machine code and must come from us.
  static Result<Module> deserialize(const Engine& engine, std::span<const std::byte> compiled);
  // The same from all that `fd` holds, which is mapped and not copied: nobody may be able to change
  // it any more, and it must have been checked since (sealed_copy.h).
  static Result<Module> map(const Engine& engine, int fd);

  [[nodiscard]] const std::vector<Import>& imports() const { return imports_; }
  [[nodiscard]] const std::vector<Export>& exports() const { return exports_; }
  [[nodiscard]] const Export* find_export(std::string_view name) const;
  [[nodiscard]] Result<std::vector<std::byte>> serialize() const;
  [[nodiscard]] wasmtime_module* get() const { return module_.get(); }

 private:
  struct Delete {
    void operator()(wasmtime_module* module) const;
  };
  explicit Module(wasmtime_module* module);

  std::unique_ptr<wasmtime_module, Delete> module_;
  std::vector<Import> imports_;
  std::vector<Export> exports_;
};

// The Linker class holds the host functions of some import modules. It outlives the programs that
// it links. Immutable, so thread-safe.
class Linker {
 public:
  static constexpr std::size_t kMaxModules = 4;

  // `modules` and the tables they point to outlive the linker.
  Linker(const Engine& engine, std::span<const ImportModule> modules);
  ~Linker();
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;

  [[nodiscard]] std::span<const ImportModule> modules() const { return modules_; }
  [[nodiscard]] wasmtime_linker* get() const { return linker_; }
  // The row that would serve this import; null if there is none.
  [[nodiscard]] const HostFunction* find(std::string_view module, std::string_view name) const;

 private:
  struct Binding;

  std::vector<ImportModule> modules_;
  std::vector<std::unique_ptr<Binding>> bindings_;
  wasmtime_linker* linker_;
};

class Program {
 public:
  // Binds the imports of `module`. The error names an import that `linker` does not have.
  static Result<Program> link(const Linker& linker, const Module& module);

  [[nodiscard]] wasmtime_instance_pre* get() const { return pre_.get(); }

 private:
  struct Delete {
    void operator()(wasmtime_instance_pre* pre) const;
  };
  explicit Program(wasmtime_instance_pre* pre) : pre_(pre) {}

  std::unique_ptr<wasmtime_instance_pre, Delete> pre_;
};

}  // namespace midimon::wasm
