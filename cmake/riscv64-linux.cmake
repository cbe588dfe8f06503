# RISC-V 64 with Linux: programs that need nothing there, linked statically, with the distribution's libraries for
# cross compilation. Here they run under QEMU.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
foreach(language C CXX ASM)
  set(CMAKE_${language}_COMPILER_TARGET riscv64-linux-gnu)
endforeach()
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_C_FLAGS_INIT -march=rv64gc)
set(CMAKE_CXX_FLAGS_INIT -march=rv64gc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-riscv64)
# Libraries of this machine are none for that one.
set(CMAKE_FIND_ROOT_PATH /usr/riscv64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
