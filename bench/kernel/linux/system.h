// System calls of Linux on x86-64, without a C library.
#pragma once

static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}
#define call(n, ...) call_with(n, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define call_with(n, a, b, c, d, e, f, ...) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

enum { sys_read = 0, sys_write = 1, sys_close = 3, sys_mmap = 9, sys_pipe = 22, sys_dup2 = 33, sys_getpid = 39, sys_clone = 56,
       sys_fork = 57, sys_execve = 59, sys_exit = 60, sys_wait4 = 61, sys_kill = 62, sys_sysinfo = 99, sys_reboot = 169,
       sys_futex = 202, sys_clock_gettime = 228 };
