// Code that faults for parts.cpp, and the way back.

.section .text

// u64 guarded(void (*body)(u64), u64 argument): calls body, which ends in `landed`, with the
// stack as it is here.
.globl guarded
guarded:
  pushq %rbp
  movq %rsp, %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  subq $8, %rsp
  movq %rsp, safe_stack_pointer
  movq %rbp, safe_frame_pointer
  movq %rdi, %rax
  movq %rsi, %rdi
  call *%rax
  ud2

// Where faults are redirected to, with two arguments: guarded returns first + 8 * second.
.globl landed
landed:
  leaq (%rdi,%rsi,8), %rax
  addq $8, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret

.globl divide_by
divide_by:
  movl $100, %eax
  xorl %edx, %edx
  divq %rdi
  ret

.globl illegal
illegal:
  ud2

.globl compute, compute_end
compute:
  jmp compute
compute_end:

// A function of one instruction, to be copied.
.globl return_code, return_code_end
return_code:
  ret
return_code_end:

.section .rodata
.globl division_faults
division_faults:
  .byte 1
