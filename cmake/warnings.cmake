# Warnings are errors in our code; headers of others are included as SYSTEM.
add_library(midimon_warnings INTERFACE)
target_compile_options(midimon_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wcast-align -Wnull-dereference -Wimplicit-fallthrough -Werror>)
# gcc 12 warns of its own standard library once it is inlined: dereferences of null in containers,
# and overlapping copies in assignments of literals to strings (GCC bug 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(midimon_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-null-dereference -Wno-restrict>)
endif()
