// Leaves one stack for another: riscv64_switch_stack(u64* save, u64 load).
//
// What a call preserves is kept on the stack itself; all else is the caller's to save. A frame:
//
//   sp ->  ra, s0 ... s11, fs0 ... fs11, one word of padding    208 bytes

.section .text
.balign 4
.globl riscv64_switch_stack
riscv64_switch_stack:
  addi sp, sp, -208
  sd ra, 0(sp)
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  sd s\n, (8 + 8 * \n)(sp)
  fsd fs\n, (104 + 8 * \n)(sp)
.endr
  sd sp, 0(a0)
  mv sp, a1
  ld ra, 0(sp)
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  ld s\n, (8 + 8 * \n)(sp)
  fld fs\n, (104 + 8 * \n)(sp)
.endr
  addi sp, sp, 208
  ret

// Where a stack made by new_stack begins: s1(s2), on an aligned stack, with no frame above.
.balign 4
.globl riscv64_thread_begin
riscv64_thread_begin:
  li s0, 0
  mv a0, s2
  jalr s1
  unimp
