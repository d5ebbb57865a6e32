# How a folder becomes a library, and a main file a program. Files are found by name, so that adding one needs no edit
# here: *_win.c is compiled for Windows only, *_posix.c elsewhere only, main*.c belongs to the program.

# The C files of a directory that belong to this platform.
function(mr_sources out directory)
  file(GLOB found CONFIGURE_DEPENDS ${directory}/*.c)
  if(WIN32)
    list(FILTER found EXCLUDE REGEX "_posix\\.c$")
  else()
    list(FILTER found EXCLUDE REGEX "_win\\.c$")
  endif()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# mr_folder(base [library...]): the static library mr_base of this directory's files, linked with the libraries.
# While the folder holds none it is an empty one, so that those who link it can be configured.
function(mr_folder name)
  mr_sources(sources ${CMAKE_CURRENT_SOURCE_DIR})
  list(FILTER sources EXCLUDE REGEX "/main[^/]*\\.c$")
  if(sources)
    add_library(mr_${name} STATIC ${sources})
    target_link_libraries(mr_${name} PRIVATE mr_warnings PUBLIC mr_platform ${ARGN})
  else()
    message(STATUS "${name}/ has no sources for this platform yet")
    add_library(mr_${name} INTERFACE)
    target_link_libraries(mr_${name} INTERFACE mr_platform ${ARGN})
  endif()
endfunction()

# All programs, without the tests.
add_custom_target(programs)

# mr_optimize_whole(program): inline across files when it is linked, where the objects allow it (see platform.cmake).
function(mr_optimize_whole name)
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    target_link_options(${name} PRIVATE -flto=auto)
  endif()
endfunction()

# mr_program(name main.c library [resource...]): the executable of a main file; skipped while there is none.
function(mr_program name main library)
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${main})
    message(STATUS "${name} is not built: no ${main} yet")
    return()
  endif()
  add_executable(${name} ${main} ${ARGN})
  target_link_libraries(${name} PRIVATE mr_warnings ${library})
  mr_optimize_whole(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  add_dependencies(programs ${name})
  file(STRINGS ${main} wide REGEX "wmain *\\(")
  if(WIN32 AND wide)
    target_link_options(${name} PRIVATE -municode)
  endif()
endfunction()

# mr_messages(library): compiles this directory's messages.mc, if there is one: "<folder>/messages.h" for everybody,
# messages.rc for the program's resources. On Linux, too, so that portable code can name an event.
function(mr_messages library)
  file(GLOB source CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/messages.mc)
  if(NOT source)
    return()
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR})
  add_custom_command(
    OUTPUT ${out}/messages.h ${out}/messages.rc
    COMMAND x86_64-w64-mingw32-windmc -U -h ${out} -r ${out} ${source}
    DEPENDS ${source}
    COMMENT "Compiling messages.mc")
  target_sources(${library} PRIVATE ${out}/messages.h)
  set(mr_message_resource ${out}/messages.rc PARENT_SCOPE)
endfunction()

# mr_resources(out): what is to be linked as resources on Windows: *.rc of this directory and the compiled messages.
function(mr_resources out)
  set(found)
  if(WIN32)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.rc)
    list(APPEND found ${mr_message_resource})
    file(GLOB beside CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.manifest ${CMAKE_CURRENT_SOURCE_DIR}/*.ico)
    set_source_files_properties(${found} PROPERTIES OBJECT_DEPENDS "${beside}"
      COMPILE_OPTIONS "-I${CMAKE_CURRENT_SOURCE_DIR};-I${CMAKE_CURRENT_BINARY_DIR};-I${CMAKE_BINARY_DIR}")
  endif()
  set(${out} ${found} PARENT_SCOPE)
endfunction()
