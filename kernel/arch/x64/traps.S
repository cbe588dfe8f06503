// Trap entry: 66 stubs, one per vector, and what they share.
//
// Every vector enters on a stack of its own from the TSS (traps.cpp), so that the interrupted stack
// is not touched: it may be missing pages, and compiled code may keep data below its stack
// pointer. The stubs complete a TrapFrame (traps.cpp) on it:
//
//   rsp ->  xmm0 ... xmm15       256 bytes
//           r15 ... r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
//           vector, error code
//           rip, cs, rflags, rsp, ss       (pushed by the processor)
//
// The wider halves of the vector registers stay as they are: nothing below x64_trap uses them.

.section .text
// The vectors for which the processor pushes an error code: 8, 10 to 14, 17, 21, 29, 30.
.set with_error_code, 0x60227d00
.macro stub vector
  .balign 16
  .if \vector > 31 || !(with_error_code >> \vector & 1)
  pushq $0
  .endif
  pushq $\vector
  jmp trap_common
.endm

.balign 16
.globl trap_stubs
trap_stubs:
.altmacro
.set i, 0
.rept 66
  stub %i
  .set i, i + 1
.endr

trap_common:
  pushq %rax
  pushq %rcx
  pushq %rdx
  pushq %rbx
  pushq %rbp
  pushq %rsi
  pushq %rdi
  pushq %r8
  pushq %r9
  pushq %r10
  pushq %r11
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  subq $256, %rsp
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  movaps %xmm\n, (16 * \n)(%rsp)
.endr
  cld
  xorl %ebp, %ebp
  movq %rsp, %rdi
  call x64_trap

// Goes on as the TrapFrame at rsp says.
leave:
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  movaps (16 * \n)(%rsp), %xmm\n
.endr
  addq $256, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %r11
  popq %r10
  popq %r9
  popq %r8
  popq %rdi
  popq %rsi
  popq %rbp
  popq %rbx
  popq %rdx
  popq %rcx
  popq %rax
  addq $16, %rsp
  iretq

// Where a preempted thread goes (preempt in traps.cpp), with interrupts off: its TrapFrame is at rsp.
.balign 16
.globl x64_preempted
x64_preempted:
  movq %rsp, %rdi
  cld
  call x64_call_preempted
  jmp leave
