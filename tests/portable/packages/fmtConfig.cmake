add_library(fmt::fmt INTERFACE IMPORTED)
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
target_precompile_headers(fmt::fmt INTERFACE <fmt/format.h>)
