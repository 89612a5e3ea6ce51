# What `cmake --install` puts where: the program, libmidimon with its headers and CMake package, and a
# man page for each command, made from --help.
include(CMakePackageConfigHelpers)

# libmidimon: the layers from base to plugins and the engine in one shared library that shows only
# what is marked MIDIMON_API.
file(WRITE "${CMAKE_BINARY_DIR}/libmidimon.cc" "// All of libmidimon is in the layers.\n")
add_library(libmidimon SHARED "${CMAKE_BINARY_DIR}/libmidimon.cc")
add_library(midimon::midimon ALIAS libmidimon)
set_target_properties(libmidimon PROPERTIES
  OUTPUT_NAME midimon EXPORT_NAME midimon
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_include_directories(libmidimon INTERFACE
  "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(libmidimon INTERFACE cxx_std_20)
target_link_libraries(libmidimon PRIVATE
  -Wl,--whole-archive midimon_base midimon_plugins -Wl,--no-whole-archive
  midimon_plugins -Wl,--exclude-libs,libmidimon_engine.a -Wl,--gc-sections)
target_link_libraries(libmidimon INTERFACE tl::expected)

install(TARGETS midimon RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS libmidimon EXPORT midimon-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/midimon" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file("${CMAKE_SOURCE_DIR}/tools/systemd/midimon.service.in"
               "${CMAKE_BINARY_DIR}/midimon.service" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/midimon.service" DESTINATION lib/systemd/user)
install(FILES "${CMAKE_SOURCE_DIR}/sdk/c/midimon.h" "${CMAKE_SOURCE_DIR}/sdk/c/midimon_params.h"
        DESTINATION ${CMAKE_INSTALL_DATADIR}/midimon/sdk/c)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/midimon)
install(EXPORT midimon-targets NAMESPACE midimon:: DESTINATION ${package_dir})
file(WRITE "${CMAKE_BINARY_DIR}/midimon-config.cmake"
  "include(CMakeFindDependencyMacro)\n"
  "find_dependency(tl-expected)\n"
  "include(\"\${CMAKE_CURRENT_LIST_DIR}/midimon-targets.cmake\")\n")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/midimon-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/midimon-config.cmake"
              "${CMAKE_BINARY_DIR}/midimon-config-version.cmake" DESTINATION ${package_dir})

# The man page says what --help says.
find_program(MIDIMON_HELP2MAN help2man)
if(MIDIMON_HELP2MAN)
  set(man_pages "")
  foreach(page IN ITEMS "" check events exec explain init learn monitor ports record reload replay
                       run schema simulate status stop
                       "data usage" "data ls" "data export" "data import" "data purge"
                       "data verify" "plugin info" "plugin run" "plugin try" "plugin install"
                       "plugin update" "plugin list" "plugin verify" "plugin rollback" "plugin remove"
                       "plugin pack" "plugin new" "plugin build" "plugin test" "plugin dev"
                       "plugin conform" "plugin login" "secret set" "secret list" "secret remove"
                       doctor "audit tail" "audit query"
                       "audit verify" "audit stats" "key generate" "key list" "key trust"
                       "key revoke" "key sign" "key rotate" "key verify" "permission list"
                       "permission show" "permission grant" "permission revoke"
                       "permission reset")
    string(REPLACE " " "-" name "midimon ${page}")
    string(STRIP "${name}" name)
    string(REGEX REPLACE "-$" "" name "${name}")
    set(output "${CMAKE_BINARY_DIR}/man/${name}.1")
    add_custom_command(OUTPUT "${output}"
      COMMAND ${CMAKE_COMMAND} -E make_directory "${CMAKE_BINARY_DIR}/man"
      COMMAND "${CMAKE_SOURCE_DIR}/tools/man_page.sh" $<TARGET_FILE:midimon> "${output}" "${page}"
      DEPENDS midimon "${CMAKE_SOURCE_DIR}/tools/man_page.sh" VERBATIM COMMENT "man page ${name}.1")
    list(APPEND man_pages "${output}")
  endforeach()
  add_custom_target(man ALL DEPENDS ${man_pages})
  install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
