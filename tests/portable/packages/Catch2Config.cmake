# Version 2, which consists of a header; the main() of its library is made here.
file(CONFIGURE OUTPUT catch_main.cpp CONTENT "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
add_library(catch_main STATIC EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/catch_main.cpp)
add_library(Catch2::Catch2WithMain ALIAS catch_main)
target_precompile_headers(catch_main INTERFACE <catch2/catch.hpp>)
list(APPEND CMAKE_MODULE_PATH /usr/lib/cmake/Catch2)
