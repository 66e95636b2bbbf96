# One place for the compiler's strictness, hardening, sanitizers and build speed.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(SAMSA_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
option(SAMSA_FUZZ "Build fuzz targets with libFuzzer (clang)" OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Objects are shared between checkouts in different directories, and are reused although a precompiled header carries a
  # time stamp.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

add_library(samsa_flags INTERFACE)
target_include_directories(samsa_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
target_compile_options(samsa_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wnon-virtual-dtor -Werror
  -Wno-missing-field-initializers
  # False alarms of GCC 12 about std::string and coroutine frames once they are inlined.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  -fno-omit-frame-pointer -fPIE)
target_link_options(samsa_flags INTERFACE -pie)
target_compile_definitions(samsa_flags INTERFACE BOOST_ASIO_NO_DEPRECATED)

if(SAMSA_SANITIZE)
  # GCC 12 takes a moved short string for an overread in instrumented code.
  target_compile_options(samsa_flags INTERFACE -fsanitize=${SAMSA_SANITIZE} -g1
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread>)
  target_link_options(samsa_flags INTERFACE -fsanitize=${SAMSA_SANITIZE})
  if(SAMSA_SANITIZE MATCHES "undefined")
    target_compile_options(samsa_flags INTERFACE -fno-sanitize-recover=all)
  endif()
  if(SAMSA_SANITIZE MATCHES "thread")
    # Asio's fences, which ThreadSanitizer does not see, come with mutexes, which it does.
    target_compile_options(samsa_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Hardening that costs nothing measurable.
  target_compile_options(samsa_flags INTERFACE -fstack-protector-strong -D_FORTIFY_SOURCE=2
    -D_GLIBCXX_ASSERTIONS -fstack-clash-protection -fcf-protection)
  target_link_options(samsa_flags INTERFACE -Wl,-z,relro,-z,now -static-libstdc++ -static-libgcc)
endif()
