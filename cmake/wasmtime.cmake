# Finds the engine: a directory with lib/libmidimon_engine.a and include/wasmtime.h, either given as
# -DMIDIMON_WASMTIME_ROOT=DIR or built once into the user's cache by tools/build_engine.sh.
set(MIDIMON_WASMTIME_ROOT "" CACHE PATH "A ready engine: DIR/lib/libmidimon_engine.a, DIR/include")

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  "${CMAKE_SOURCE_DIR}/engine/Cargo.toml" "${CMAKE_SOURCE_DIR}/engine/Cargo.lock"
  "${CMAKE_SOURCE_DIR}/engine/lib.rs" "${CMAKE_SOURCE_DIR}/engine/build.rs")

set(engine_root "${MIDIMON_WASMTIME_ROOT}")
if(NOT engine_root)
  execute_process(
    COMMAND "${CMAKE_SOURCE_DIR}/tools/build_engine.sh"
    OUTPUT_VARIABLE engine_root OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE engine_failed)
  if(engine_failed)
    message(FATAL_ERROR "The engine did not build; see the lines above. "
                        "A ready one can be used with -DMIDIMON_WASMTIME_ROOT=DIR.")
  endif()
endif()
if(NOT EXISTS "${engine_root}/lib/libmidimon_engine.a")
  message(FATAL_ERROR "No lib/libmidimon_engine.a in '${engine_root}'. "
                      "Leave MIDIMON_WASMTIME_ROOT empty to have it built.")
endif()
message(STATUS "Engine: ${engine_root}")

add_library(midimon_engine STATIC IMPORTED)
set_target_properties(midimon_engine PROPERTIES
  IMPORTED_LOCATION "${engine_root}/lib/libmidimon_engine.a"
  INTERFACE_INCLUDE_DIRECTORIES "${engine_root}/include"
  INTERFACE_LINK_LIBRARIES "pthread;dl;m")

# Tells one engine from another of the same version: what one compiled is not for the other.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  "${engine_root}/lib/libmidimon_engine.a")
file(SHA256 "${engine_root}/lib/libmidimon_engine.a" engine_hash)
string(SUBSTRING "${engine_hash}" 0 16 engine_hash)
set_property(SOURCE "${CMAKE_SOURCE_DIR}/src/wasm/engine.cc" APPEND PROPERTY COMPILE_DEFINITIONS
  "MIDIMON_ENGINE_BUILD=\"${engine_hash}\"")
