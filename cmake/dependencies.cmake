# The libraries that cmake/dependencies.sh built, as targets. Which versions: dependencies.txt; what was built: used.txt.
if(WIN32)
  set(deps ${MR_DEPS}/windows)
else()
  set(deps ${MR_DEPS}/native)
endif()
if(NOT EXISTS ${deps}/include)
  message(FATAL_ERROR "The libraries are not there (${deps}): run ./run setup first.")
endif()

function(mr_library name)
  add_library(dep_${name} STATIC IMPORTED GLOBAL)
  set_target_properties(dep_${name} PROPERTIES
    IMPORTED_LOCATION ${deps}/lib/lib${name}.a
    INTERFACE_INCLUDE_DIRECTORIES "${deps}/include;${deps}/include/cjson"
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

mr_library(mbedcrypto)
mr_library(mbedx509 dep_mbedcrypto)
mr_library(mbedtls dep_mbedx509)
mr_library(curl dep_mbedtls)
mr_library(cjson)
mr_library(cmocka)
mr_library(expat)
set_property(TARGET dep_expat PROPERTY INTERFACE_COMPILE_DEFINITIONS XML_STATIC)
if(WIN32)
  set_property(TARGET dep_curl PROPERTY INTERFACE_COMPILE_DEFINITIONS CURL_STATICLIB)
else()
  # From Debian; only the server uses them.
  find_library(MR_MICROHTTPD microhttpd REQUIRED)
  find_library(MR_GNUTLS gnutls REQUIRED)
  find_library(MR_SQLITE3 sqlite3 REQUIRED)
endif()
