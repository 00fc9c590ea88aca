# Toolchain of a bare-metal Cortex-M0+.

set(CMAKE_SYSTEM_PROCESSOR cortex-m0plus)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-common.cmake)
