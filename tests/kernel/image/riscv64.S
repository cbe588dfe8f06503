// Code that faults for parts.cpp, and the way back.

.section .text

// u64 guarded(void (*body)(u64), u64 argument): calls body, which ends in `landed`, with the
// stack as it is here.
.balign 4
.globl guarded
guarded:
  addi sp, sp, -208
  sd ra, 200(sp)
  sd s0, 192(sp)
.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  sd s\n, (8 * \n)(sp)
.endr
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  fsd fs\n, (96 + 8 * \n)(sp)
.endr
  addi s0, sp, 208
  la t0, safe_stack_pointer
  sd sp, 0(t0)
  la t0, safe_frame_pointer
  sd s0, 0(t0)
  mv t0, a0
  mv a0, a1
  jalr t0
  unimp

// Where faults are redirected to, with two arguments: guarded returns first + 8 * second.
.balign 4
.globl landed
landed:
  slli a1, a1, 3
  add a0, a0, a1
  ld ra, 200(sp)
  ld s0, 192(sp)
.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  ld s\n, (8 * \n)(sp)
.endr
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  fld fs\n, (96 + 8 * \n)(sp)
.endr
  addi sp, sp, 208
  ret

.globl divide_by
divide_by:
  li t0, 100
  divu a0, t0, a0
  ret

.globl illegal
illegal:
  unimp

.globl compute, compute_end
compute:
  j compute
compute_end:

// A function of one instruction, to be copied.
.globl return_code, return_code_end
return_code:
  ret
return_code_end:

.section .rodata
.globl division_faults
division_faults:
  .byte 0
