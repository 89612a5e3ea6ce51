# midimon_wayland: the client's side of the Wayland extensions that src/desktop speaks, as C made from
# their descriptions.
pkg_check_modules(wayland REQUIRED IMPORTED_TARGET wayland-client)
pkg_check_modules(wayland_protocols REQUIRED wayland-protocols)
pkg_get_variable(wayland_protocols_dir wayland-protocols pkgdatadir)
find_program(WAYLAND_SCANNER wayland-scanner REQUIRED)

set(generated "${CMAKE_BINARY_DIR}/wayland")
file(MAKE_DIRECTORY "${generated}")
set(sources "")
foreach(description IN ITEMS
        "${CMAKE_SOURCE_DIR}/src/desktop/protocols/data-control.xml"
        "${CMAKE_SOURCE_DIR}/src/desktop/protocols/virtual-keyboard.xml"
        "${CMAKE_SOURCE_DIR}/src/desktop/protocols/virtual-pointer.xml"
        "${wayland_protocols_dir}/unstable/xdg-output/xdg-output-unstable-v1.xml")
  get_filename_component(name "${description}" NAME_WE)
  add_custom_command(
    OUTPUT "${generated}/wayland-${name}.c" "${generated}/wayland-${name}.h"
    COMMAND "${WAYLAND_SCANNER}" private-code "${description}" "${generated}/wayland-${name}.c"
    COMMAND "${WAYLAND_SCANNER}" client-header "${description}" "${generated}/wayland-${name}.h"
    DEPENDS "${description}" VERBATIM)
  list(APPEND sources "${generated}/wayland-${name}.c" "${generated}/wayland-${name}.h")
endforeach()
add_library(midimon_wayland STATIC ${sources})
target_include_directories(midimon_wayland SYSTEM PUBLIC "${generated}")
target_link_libraries(midimon_wayland PUBLIC PkgConfig::wayland)
