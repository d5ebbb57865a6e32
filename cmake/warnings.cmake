# Warnings are errors, for gcc, clang and mingw alike. They apply to our own folders; libraries are "system" headers.
add_library(mr_warnings INTERFACE)
target_compile_options(mr_warnings INTERFACE
  -Wall -Wextra -Werror -Wpedantic
  -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wcast-align -Wpointer-arith -Wundef -Wvla -Wwrite-strings
  -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wswitch-enum -Wimplicit-fallthrough
  -Wnull-dereference -Wdouble-promotion -Wunused-result)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  target_compile_options(mr_warnings INTERFACE
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wtrampolines -Warith-conversion)
endif()
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  # The name of the same thing there: gcc's gnu_printf matters for Windows only, which clang does not build here.
  target_compile_definitions(mr_warnings INTERFACE gnu_printf=printf)
endif()
