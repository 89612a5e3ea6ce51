// Host functions as data: a module's imports are one table, a row for each function, and the row
// knows the function's WebAssembly type from its C++ signature.
//
//   Errno fd_close(Context& context, wasm::HostCall& call, std::uint32_t fd);
//   constexpr wasm::HostFunction kTable[] = {wasm::host_function<fd_close>("fd_close"), ...};
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wasm/budget.h"
#include "wasm/guest_memory.h"

namespace midimon::wasm {

enum class ValueType : std::uint8_t { i32, i64, f32, f64, other };

// One argument or result as the engine passes it (wasmtime_val_raw_t).
union alignas(8) RawValue {
  std::int32_t i32;
  std::int64_t i64;
  std::uint32_t f32;
  std::uint64_t f64;
  std::uint8_t v128[16];
};
static_assert(sizeof(RawValue) == 16);

// What a host function gets besides its arguments: the guest's memory and budget, for this call.
struct HostCall {
  GuestMemory memory;
  Budget& budget;
};

struct HostFunction {
  static constexpr std::size_t kMaxParams = 9;  // path_open has nine

  std::string_view name;
  std::array<ValueType, kMaxParams> params{};
  std::size_t param_count = 0;
  bool has_result = false;
  ValueType result = ValueType::i32;
  void (*invoke)(void* context, HostCall& call, RawValue* values) = nullptr;
};

// A named set of host functions that a guest may import.
struct ImportModule {
  std::string_view name;
  std::span<const HostFunction> functions;
};

namespace detail {

template <typename T>
constexpr ValueType value_type() {
  static_assert(std::is_integral_v<T> || std::is_enum_v<T>, "host functions take integers");
  return sizeof(T) == 8 ? ValueType::i64 : ValueType::i32;
}

template <typename T>
T from_raw(const RawValue& value) {
  if constexpr (sizeof(T) == 8) {
    return static_cast<T>(value.i64);
  } else {
    return static_cast<T>(value.i32);
  }
}

template <typename T>
void to_raw(RawValue& value, T result) {
  if constexpr (sizeof(T) == 8) {
    value.i64 = static_cast<std::int64_t>(result);
  } else {
    value.i32 = static_cast<std::int32_t>(result);
  }
}

template <auto Function, typename Result, typename Context, typename... Args>
struct Adapter {
  template <std::size_t... I>
  static void call(Context& context, HostCall& host, RawValue* values, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<Result>) {
      Function(context, host, from_raw<Args>(values[I])...);
    } else {
      const Result result = Function(context, host, from_raw<Args>(values[I])...);
      to_raw(values[0], result);
    }
  }

  static void invoke(void* context, HostCall& host, RawValue* values) {
    call(*static_cast<Context*>(context), host, values, std::index_sequence_for<Args...>{});
  }
};

template <auto Function, typename Result, typename Context, typename... Args>
constexpr HostFunction make_row(std::string_view name, Result (*)(Context&, HostCall&, Args...)) {
  static_assert(sizeof...(Args) <= HostFunction::kMaxParams);
  HostFunction row;
  row.name = name;
  std::size_t i = 0;
  ((row.params[i++] = value_type<Args>()), ...);
  row.param_count = sizeof...(Args);
  if constexpr (!std::is_void_v<Result>) {
    row.has_result = true;
    row.result = value_type<Result>();
  }
  row.invoke = &Adapter<Function, Result, Context, Args...>::invoke;
  return row;
}

}  // namespace detail

// The row for `Function`, a `Result f(Context&, HostCall&, Args...)`.
template <auto Function>
constexpr HostFunction host_function(std::string_view name) {
  return detail::make_row<Function>(name, Function);
}

}  // namespace midimon::wasm
