# midimon_library(NAME DEPS ... [PRIVATE_DEPS ...] [SERIAL])
#
# Makes library NAME from src/NAME: every .cc is in it but *_test.cc, which become the program
# NAME_test with one ctest test per case; SERIAL: each alone, as they measure time. DEPS are folders (plain names) or imported targets.
function(midimon_library name)
  cmake_parse_arguments(ARG "SERIAL" "" "DEPS;PRIVATE_DEPS" ${ARGN})
  set(folder "${CMAKE_SOURCE_DIR}/src/${name}")
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  set(deps "")
  foreach(dep IN LISTS ARG_DEPS)
    if(EXISTS "${CMAKE_SOURCE_DIR}/src/${dep}")
      list(APPEND deps "midimon_${dep}")
    else()
      list(APPEND deps "${dep}")
    endif()
  endforeach()

  add_library(midimon_${name} STATIC ${sources})
  target_include_directories(midimon_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src"
                                                    "${CMAKE_SOURCE_DIR}/include")
  target_link_libraries(midimon_${name} PUBLIC ${deps} PRIVATE ${ARG_PRIVATE_DEPS} midimon_warnings)

  if(MIDIMON_TESTS AND tests)
    set(serial "")
    if(ARG_SERIAL)
      set(serial SERIAL)
    endif()
    midimon_test(${name}_test SOURCES ${tests} DEPS midimon_${name} ${ARG_PRIVATE_DEPS} ${serial})
  endif()
endfunction()

# midimon_test(NAME SOURCES ... DEPS ... [GUESTS ...] [SERIAL]): a gtest program, each case a ctest test.
# Guests are built before it; their directory is the macro MIDIMON_GUESTS.
function(midimon_test name)
  cmake_parse_arguments(ARG "SERIAL" "" "SOURCES;DEPS;GUESTS" ${ARGN})
  set(alone "")
  if(ARG_SERIAL)
    set(alone RUN_SERIAL TRUE)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main
                                        midimon_warnings)
  target_compile_definitions(${name} PRIVATE MIDIMON_GUESTS="${MIDIMON_GUEST_DIR}"
                                             MIDIMON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  if(TARGET guests)
    add_dependencies(${name} guests)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}:"
                       PROPERTIES TIMEOUT 300 ${alone})
endfunction()
