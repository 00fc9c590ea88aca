# Toolchain of a bare-metal Cortex-M4.

set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-common.cmake)
