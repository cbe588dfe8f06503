# x86-64 without an operating system: the code of the kernel. Interrupts arrive on the interrupted
# stack's red zone unless there is none; SSE is the kernel's as well as the program's.

set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(SKERRY_TRIPLE x86_64-unknown-none-elf)
set(SKERRY_MACHINE_FLAGS -mno-red-zone)
set(SKERRY_HEADERS /usr/include/c++/12 /usr/include/x86_64-linux-gnu/c++/12
                   /usr/include/x86_64-linux-gnu /usr/include)
include(${CMAKE_CURRENT_LIST_DIR}/bare.cmake)
