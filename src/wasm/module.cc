#include "wasm/module.h"

#include <wasmtime.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "wasm/engine_error.h"
#include "wasm/trampoline.h"

namespace midimon::wasm {
namespace {

std::string text_of(const wasm_name_t* name) {
  return {name->data, name->size};
}

// Not wasm_valtype_kind(), which ends the process where a module has a v128 in a signature.
ValueType value_type_of(const wasm_valtype_t* type) {
  wasmtime_valtype_t known;
  wasmtime_valtype_new(type, &known);
  const wasmtime_valtype_kind_t kind = known.kind;
  wasmtime_valtype_delete(&known);
  switch (kind) {
    case WASMTIME_VALTYPE_KIND_I32:
      return ValueType::i32;
    case WASMTIME_VALTYPE_KIND_I64:
      return ValueType::i64;
    case WASMTIME_VALTYPE_KIND_F32:
      return ValueType::f32;
    case WASMTIME_VALTYPE_KIND_F64:
      return ValueType::f64;
    default:
      return ValueType::other;
  }
}

FunctionType function_type_of(const wasm_functype_t* type) {
  FunctionType out;
  const wasm_valtype_vec_t* params = wasm_functype_params(type);
  const wasm_valtype_vec_t* results = wasm_functype_results(type);
  for (std::size_t i = 0; i < params->size; ++i)
    out.params.push_back(value_type_of(params->data[i]));
  for (std::size_t i = 0; i < results->size; ++i)
    out.results.push_back(value_type_of(results->data[i]));
  return out;
}

ExternKind kind_of(const wasm_externtype_t* type) {
  switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC:
      return ExternKind::function;
    case WASM_EXTERN_MEMORY:
      return ExternKind::memory;
    case WASM_EXTERN_TABLE:
      return ExternKind::table;
    case WASM_EXTERN_GLOBAL:
      return ExternKind::global;
    default:
      return ExternKind::other;
  }
}

FunctionType function_of(const wasm_externtype_t* type) {
  const wasm_functype_t* function = wasm_externtype_as_functype_const(type);
  return function == nullptr ? FunctionType{} : function_type_of(function);
}

std::uint64_t memory_minimum_of(const wasm_externtype_t* type) {
  const wasm_memorytype_t* memory = wasm_externtype_as_memorytype_const(type);
  if (memory == nullptr) return 0;
  return wasmtime_memorytype_minimum(memory) * wasmtime_memorytype_page_size(memory);
}

wasm_valtype_t* new_valtype(ValueType type) {
  return wasm_valtype_new(type == ValueType::i64 ? WASM_I64 : WASM_I32);
}

wasm_functype_t* new_functype(const HostFunction& row) {
  wasm_valtype_vec_t params;
  wasm_valtype_vec_new_uninitialized(&params, row.param_count);
  for (std::size_t i = 0; i < row.param_count; ++i)
    params.data[i] = new_valtype(row.params[i]);
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new_uninitialized(&results, row.has_result ? 1 : 0);
  if (row.has_result) results.data[0] = new_valtype(row.result);
  return wasm_functype_new(&params, &results);
}

const std::uint8_t* octets(std::span<const std::byte> bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

std::string_view name_of(ValueType type) {
  switch (type) {
    case ValueType::i32:
      return "i32";
    case ValueType::i64:
      return "i64";
    case ValueType::f32:
      return "f32";
    case ValueType::f64:
      return "f64";
    case ValueType::other:
      break;
  }
  return "another type";
}

std::string list_of(const std::vector<ValueType>& types) {
  std::string text = "(";
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += ", ";
    text += name_of(types[i]);
  }
  return text + ")";
}

}  // namespace

std::string to_string(const FunctionType& type) {
  return list_of(type.params) + " -> " +
         (type.results.size() == 1 ? std::string(name_of(type.results[0])) : list_of(type.results));
}

std::string_view to_string(ExternKind kind) {
  switch (kind) {
    case ExternKind::function:
      return "function";
    case ExternKind::memory:
      return "memory";
    case ExternKind::table:
      return "table";
    case ExternKind::global:
      return "global";
    case ExternKind::other:
      break;
  }
  return "item";
}

Result<std::vector<std::byte>> wat_to_wasm(std::string_view wat) {
  wasm_byte_vec_t bytes;
  if (wasmtime_error_t* error = wasmtime_wat2wasm(wat.data(), wat.size(), &bytes)) {
    return fail(ErrorCode::invalid, take_message(error));
  }
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data);
  std::vector<std::byte> wasm(begin, begin + bytes.size);
  wasm_byte_vec_delete(&bytes);
  return wasm;
}

Result<Module> Module::compile(const Engine& engine, std::span<const std::byte> wasm) {
  wasmtime_module_t* module = nullptr;
  if (auto* error = wasmtime_module_new(engine.get(), octets(wasm), wasm.size(), &module)) {
    return fail(ErrorCode::invalid,
                "The module is not valid WebAssembly: " + escape_line(take_message(error)) +
                    ". Rebuild it; the file may also be damaged.");
  }
  return Module(module);
}

Result<Module> Module::deserialize(const Engine& engine, std::span<const std::byte> compiled) {
  wasmtime_module_t* module = nullptr;
  if (auto* error =
          wasmtime_module_deserialize(engine.get(), octets(compiled), compiled.size(), &module)) {
    return fail(ErrorCode::invalid, take_message(error));
  }
  return Module(module);
}

Result<Module> Module::map(const Engine& engine, int fd) {
  // Of this thread: one may have a table of descriptors of its own.
  const std::string path = "/proc/thread-self/fd/" + std::to_string(fd);
  wasmtime_module_t* module = nullptr;
  if (auto* error = wasmtime_module_deserialize_file(engine.get(), path.c_str(), &module)) {
    return fail(ErrorCode::invalid, take_message(error));
  }
  return Module(module);
}

Module::Module(wasmtime_module* module) : module_(module) {
  wasm_importtype_vec_t imports;
  wasmtime_module_imports(module, &imports);
  for (std::size_t i = 0; i < imports.size; ++i) {
    const wasm_externtype_t* type = wasm_importtype_type(imports.data[i]);
    imports_.push_back({text_of(wasm_importtype_module(imports.data[i])),
                        text_of(wasm_importtype_name(imports.data[i])), kind_of(type),
                        function_of(type)});
  }
  wasm_importtype_vec_delete(&imports);

  wasm_exporttype_vec_t exports;
  wasmtime_module_exports(module, &exports);
  for (std::size_t i = 0; i < exports.size; ++i) {
    const wasm_externtype_t* type = wasm_exporttype_type(exports.data[i]);
    exports_.push_back({text_of(wasm_exporttype_name(exports.data[i])), kind_of(type),
                        function_of(type), memory_minimum_of(type)});
  }
  wasm_exporttype_vec_delete(&exports);
}

void Module::Delete::operator()(wasmtime_module* module) const {
  wasmtime_module_delete(module);
}

const Export* Module::find_export(std::string_view name) const {
  const auto found = std::find_if(exports_.begin(), exports_.end(),
                                  [&](const Export& item) { return item.name == name; });
  return found == exports_.end() ? nullptr : &*found;
}

Result<std::vector<std::byte>> Module::serialize() const {
  wasm_byte_vec_t bytes;
  if (wasmtime_error_t* error = wasmtime_module_serialize(module_.get(), &bytes)) {
    return fail(ErrorCode::internal, take_message(error));
  }
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data);
  std::vector<std::byte> compiled(begin, begin + bytes.size);
  wasm_byte_vec_delete(&bytes);
  return compiled;
}

struct Linker::Binding : HostBinding {};

Linker::Linker(const Engine& engine, std::span<const ImportModule> modules)
    : modules_(modules.begin(), modules.end()), linker_(wasmtime_linker_new(engine.get())) {
  if (modules_.size() > kMaxModules) std::abort();  // an instance has no context for more
  for (std::size_t slot = 0; slot < modules_.size(); ++slot) {
    for (const HostFunction& row : modules_[slot].functions) {
      auto binding = std::make_unique<Binding>();
      binding->function = &row;
      binding->slot = slot;
      wasm_functype_t* type = new_functype(row);
      const std::string_view module = modules_[slot].name;
      wasmtime_error_t* error = wasmtime_linker_define_func_unchecked(
          linker_, module.data(), module.size(), row.name.data(), row.name.size(), type,
          &call_host_function, binding.get(), nullptr);
      wasm_functype_delete(type);
      if (error != nullptr) std::abort();  // two rows of one name: a bug in a table
      bindings_.push_back(std::move(binding));
    }
  }
}

Linker::~Linker() {
  wasmtime_linker_delete(linker_);
}

const HostFunction* Linker::find(std::string_view module, std::string_view name) const {
  for (const ImportModule& candidate : modules_) {
    if (candidate.name != module) continue;
    for (const HostFunction& row : candidate.functions) {
      if (row.name == name) return &row;
    }
  }
  return nullptr;
}

Result<Program> Program::link(const Linker& linker, const Module& module) {
  wasmtime_instance_pre_t* pre = nullptr;
  if (auto* error = wasmtime_linker_instantiate_pre(linker.get(), module.get(), &pre)) {
    return fail(ErrorCode::invalid, escape_line(take_message(error)));
  }
  return Program(pre);
}

void Program::Delete::operator()(wasmtime_instance_pre* pre) const {
  wasmtime_instance_pre_delete(pre);
}

}  // namespace midimon::wasm
