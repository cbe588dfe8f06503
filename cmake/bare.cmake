# What both bare toolchains share. Set before: SKERRY_TRIPLE, SKERRY_MACHINE_FLAGS and
# SKERRY_HEADERS, the folders of the distribution's libstdc++ and C headers for the ISA.
#
# -ffreestanding would take <vector> and <string> away, so the code is compiled as hosted, but with
# no C library behind it: cmake/bare-undefined.txt is what it may leave undefined. The C headers are
# glibc's, which libstdc++ wants to see with _GNU_SOURCE.

set(SKERRY_BARE ON)
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
foreach(language C CXX ASM)
  set(CMAKE_${language}_COMPILER_TARGET ${SKERRY_TRIPLE})
endforeach()
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_AR llvm-ar-19 CACHE FILEPATH "")
set(CMAKE_RANLIB llvm-ranlib-19 CACHE FILEPATH "")
set(CMAKE_NM llvm-nm-19 CACHE FILEPATH "")

set(headers -nostdlibinc)
foreach(folder IN LISTS SKERRY_HEADERS)
  list(APPEND headers -isystem ${folder})
endforeach()
# Objects with static storage are never destroyed: the machine is switched off instead.
set(flags ${SKERRY_MACHINE_FLAGS} -fno-pic -fno-stack-protector -fno-math-errno)
list(JOIN flags " " flags)
list(JOIN headers " " headers)
set(CMAKE_ASM_FLAGS_INIT "${flags}")
set(CMAKE_C_FLAGS_INIT "${flags} -D_GNU_SOURCE ${headers}")
set(CMAKE_CXX_FLAGS_INIT "${flags} -D_GNU_SOURCE -fno-c++-static-destructors ${headers}")
