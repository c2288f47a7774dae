# Checks of the code's form, each a target: format-check, tidy, sizes. CI runs them all.

find_program(CLANG_FORMAT NAMES clang-format-14 clang-format)
if(CLANG_FORMAT)
    # Another version lays out other things otherwise, and would find fault with every file.
    execute_process(COMMAND ${CLANG_FORMAT} --version OUTPUT_VARIABLE clang_format_version)
    if(clang_format_version MATCHES "version 14\\.")
        add_custom_target(format-check
            COMMAND find common lessons tests -name "*.[ch]pp" -exec
                    ${CLANG_FORMAT} --dry-run -Werror {} +
            WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
    else()
        string(STRIP "${clang_format_version}" clang_format_version)
        add_custom_target(format-check COMMAND ${CMAKE_COMMAND} -E echo
            "skipped: needs clang-format 14, this is ${clang_format_version}" VERBATIM)
    endif()
endif()

find_program(RUN_CLANG_TIDY NAMES run-clang-tidy run-clang-tidy-14)
if(RUN_CLANG_TIDY)
    # The analyzer leaves a function after max-nodes states of it, 225,000 by default. With a quarter of that, all takes
    # half the time, and only what lies behind very many branches is no longer looked at.
    # A header that gcc has compiled is none that clang-tidy can read: it gets a compile_commands.json without.
    add_custom_target(tidy
        COMMAND ${CMAKE_COMMAND} --preset default -B ${PROJECT_BINARY_DIR}/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
        COMMAND ${RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR}/tidy
                -extra-arg=-Xclang -extra-arg=-analyzer-config -extra-arg=-Xclang -extra-arg=max-nodes=56000
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()

add_custom_target(sizes
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/check_sizes.sh
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/check_includes.sh VERBATIM)
