# What every file of ours is compiled and linked with on its platform: definitions and hardening.
add_library(mr_platform INTERFACE)
target_include_directories(mr_platform INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
# No path of the building machine in a binary: asserts and __FILE__ name files from the root of the tree.
target_compile_options(mr_platform INTERFACE
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffunction-sections -fdata-sections -fstack-protector-strong)
target_link_options(mr_platform INTERFACE -Wl,--gc-sections)

if(WIN32)
  # _WIN32_WINNT: Windows 8.1 and Server 2012 R2 are the oldest supported. The stdio of mingw, not of msvcrt.dll,
  # because only that one knows %zu and %lld.
  target_compile_definitions(mr_platform INTERFACE
    UNICODE _UNICODE WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0603 WINVER=0x0603 __USE_MINGW_ANSI_STDIO=1)
  # -fstack-protector-strong needs -static here: its DLL is not on any machine but ours.
  # To version 6 of the subsystem and later Windows gives protections that older programs would not stand.
  target_link_options(mr_platform INTERFACE
    -static -fstack-protector-strong -Wl,--dynamicbase,--nxcompat,--high-entropy-va,--no-insert-timestamp
    -Wl,--major-subsystem-version=6,--minor-subsystem-version=1,--major-os-version=6,--minor-os-version=1)
  # At the very end of each link, since the libraries need them, too. mingwex and msvcrt come before ntdll, which
  # exports a C library of its own that would be taken instead.
  set(CMAKE_C_STANDARD_LIBRARIES "-lws2_32 -lcrypt32 -lbcrypt -lwinhttp -liphlpapi -lwtsapi32 -luserenv -lnetapi32 \
-lsecur32 -lshell32 -lole32 -lversion -ladvapi32 -lkernel32 -luser32 -lmingwex -lmsvcrt -lntdll")
else()
  target_compile_definitions(mr_platform INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
  # Nothing of ours is a shared library that others could replace parts of, so calls may be inlined.
  target_compile_options(mr_platform INTERFACE -fcf-protection -fstack-clash-protection -fno-semantic-interposition)
  target_link_options(mr_platform INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
  find_package(Threads REQUIRED)
  target_link_libraries(mr_platform INTERFACE Threads::Threads)
endif()

# Reads past a buffer are caught by the sanitizers where they are on; the two do not go together.
if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  # Objects hold both kinds of code: programs are optimized as a whole when they are linked (mr_program), and the many
  # tests are linked fast.
  target_compile_options(mr_platform INTERFACE -flto -ffat-lto-objects)
  target_compile_definitions(mr_platform INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(mr_platform INTERFACE -s)
endif()
