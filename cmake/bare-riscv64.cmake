# RISC-V 64 without an operating system: the code of the kernel, in supervisor mode.

set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(SKERRY_TRIPLE riscv64-unknown-elf)
set(SKERRY_MACHINE_FLAGS -march=rv64gc -mabi=lp64d -mcmodel=medany)
set(SKERRY_HEADERS /usr/riscv64-linux-gnu/include/c++/12
                   /usr/riscv64-linux-gnu/include/c++/12/riscv64-linux-gnu
                   /usr/riscv64-linux-gnu/include)
include(${CMAKE_CURRENT_LIST_DIR}/bare.cmake)
