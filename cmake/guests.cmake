# Guests: WebAssembly built from sources in the tree, for tests, benchmarks and plugins.
#
# midimon_guest(NAME SOURCES a.c [PLUGIN] [OPTIONS ...])  build/<preset>/guests/NAME.wasm; with PLUGIN
#   a library with `_initialize` (a reactor), else a program with `_start`
# midimon_wat_guest(NAME file.wat)                        the same from WebAssembly's text format
# midimon_command_guest(NAME COMMAND ... DEPENDS ...)     the same by any command that writes it
# All of them are built by the target `guests`, or by the one that GROUP names: those that take long
# or need a compiler that is fetched are not built for every test.
find_program(MIDIMON_GUEST_CC NAMES clang clang-14 REQUIRED)
find_program(MIDIMON_GUEST_CXX NAMES clang++ clang++-14 REQUIRED)

set(MIDIMON_GUEST_DIR "${CMAKE_BINARY_DIR}/guests")
file(MAKE_DIRECTORY "${MIDIMON_GUEST_DIR}")
add_custom_target(guests ALL)

set(MIDIMON_GUEST_FLAGS --target=wasm32-wasi -O2 -g0 -Wall -Wextra -Werror)

function(midimon_guest_target name group)
  if(NOT group)
    set(group guests)
  endif()
  add_custom_target(guest_${name} DEPENDS "${MIDIMON_GUEST_DIR}/${name}.wasm")
  add_dependencies(${group} guest_${name})
endfunction()

function(midimon_guest name)
  cmake_parse_arguments(ARG "PLUGIN" "GROUP" "SOURCES;OPTIONS" ${ARGN})
  set(output "${MIDIMON_GUEST_DIR}/${name}.wasm")
  set(compiler "${MIDIMON_GUEST_CC}")
  set(flags ${MIDIMON_GUEST_FLAGS} "-I${CMAKE_SOURCE_DIR}/sdk/c" "-I${CMAKE_SOURCE_DIR}/sdk/cpp")
  if(ARG_SOURCES MATCHES "\\.cc(;|$)")
    set(compiler "${MIDIMON_GUEST_CXX}")
    list(APPEND flags -std=c++20 -fno-exceptions -fno-rtti)
  endif()
  if(ARG_PLUGIN)
    list(APPEND flags -mexec-model=reactor)
  endif()
  set(sources "")
  set(header_globs "${CMAKE_SOURCE_DIR}/sdk/*/*.h*")
  foreach(source IN LISTS ARG_SOURCES)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    list(APPEND sources "${source}")
    cmake_path(GET source PARENT_PATH folder)
    list(APPEND header_globs "${folder}/*.h")
  endforeach()
  file(GLOB headers CONFIGURE_DEPENDS ${header_globs})
  add_custom_command(OUTPUT "${output}"
    COMMAND "${compiler}" ${flags} ${ARG_OPTIONS} ${sources} -o "${output}"
    DEPENDS ${sources} ${headers} VERBATIM COMMENT "Guest ${name}.wasm")
  midimon_guest_target(${name} "${ARG_GROUP}")
endfunction()

function(midimon_wat_guest name source)
  set(output "${MIDIMON_GUEST_DIR}/${name}.wasm")
  cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  add_custom_command(OUTPUT "${output}"
    COMMAND wat2wasm "${source}" "${output}"
    DEPENDS "${source}" wat2wasm VERBATIM COMMENT "Guest ${name}.wasm")
  midimon_guest_target(${name} "")
endfunction()

function(midimon_command_guest name)
  cmake_parse_arguments(ARG "" "GROUP;WORKING_DIRECTORY" "COMMAND;DEPENDS" ${ARGN})
  add_custom_command(OUTPUT "${MIDIMON_GUEST_DIR}/${name}.wasm"
    COMMAND ${ARG_COMMAND} DEPENDS ${ARG_DEPENDS} WORKING_DIRECTORY "${ARG_WORKING_DIRECTORY}"
    VERBATIM COMMENT "Guest ${name}.wasm")
  midimon_guest_target(${name} "${ARG_GROUP}")
endfunction()
