# 64-bit Windows by mingw-w64, win32 threads; what is built runs under Wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(mingw x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${mingw}-gcc-win32)
set(CMAKE_RC_COMPILER ${mingw}-windres)
# The compiler's own archiver: the plain one cannot read objects that carry link-time code.
set(CMAKE_AR ${mingw}-gcc-ar-win32 CACHE FILEPATH "archiver")
set(CMAKE_RANLIB ${mingw}-gcc-ranlib-win32 CACHE FILEPATH "archive indexer")

set(CMAKE_FIND_ROOT_PATH /usr/${mingw})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/wine-run.sh)
