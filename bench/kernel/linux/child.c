// A program without libc: writes a byte to its standard output, after it got one if it has an argument; with two it computes
// before it ends.
#include "bench/kernel/linux/system.h"
#include "bench/kernel/work.h"

__attribute__((naked)) void _start(void) { __asm__("mov %rsp, %rdi; jmp main_at"); }
void main_at(long* stack) {
  char byte = 'x';
  if (stack[0] > 2) {
    compute();
    call(sys_exit, 0);
  }
  if (stack[0] == 2) call(sys_read, 0, &byte, 1);
  call(sys_write, 1, &byte, 1);
  call(sys_exit, 0);
  __builtin_unreachable();
}
