// Leaves one stack for another: x64_switch_stack(u64* save, u64 load).
//
// What a call preserves is kept on the stack itself; all else, the vector registers too, is the
// caller's to save. GS is set by who enters compiled code.

.section .text
.balign 16
.globl x64_switch_stack
x64_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret

// Where a stack made by new_stack begins: rbx(r12), on an aligned stack.
.balign 16
.globl x64_thread_begin
x64_thread_begin:
  movq %r12, %rdi
  call *%rbx
  ud2
