# Flags of a fuzzing build: sanitizers, libFuzzer's feedback, and coverage for the gate.

if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR
        "LN_FUZZ: libFuzzer comes with clang, but the compiler is ${CMAKE_C_COMPILER_ID}. "
        "Configure with -DCMAKE_C_COMPILER=clang, or run ./dev fuzz.")
endif()

set(ln_fuzz_flags
    -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
    -fprofile-instr-generate=/dev/null -fcoverage-mapping)
add_compile_options(${ln_fuzz_flags})
add_link_options(${ln_fuzz_flags})
