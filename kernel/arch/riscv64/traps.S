// Trap entry.
//
// sscratch holds the top of the hart's next free trap stack (traps.cpp): the interrupted stack is not
// touched, since pages of it may be missing. A TrapFrame is built there, and sscratch moved on to
// the stack below, for a trap in the handler.
//
//   sp ->  x0 (of no meaning), x1 ... x31         256 bytes
//          f0 ... f7, f10 ... f17, f28 ... f31, fcsr
//          sepc, sstatus, scause, stval
//   top
//
// Floating-point registers that calls preserve are left to those calls. tp stays as it is, and is
// saved to be reported only: it is the thread's, which compiled code never changes.

#define FRAME 464
#define STACK 16384

.macro floats op
.irp n, 0, 1, 2, 3, 4, 5, 6, 7
  \op f\n, (256 + 8 * \n)(sp)
  .endr
.irp n, 10, 11, 12, 13, 14, 15, 16, 17
  \op f\n, (240 + 8 * \n)(sp)
  .endr
.irp n, 28, 29, 30, 31
  \op f\n, (160 + 8 * \n)(sp)
  .endr
.endm

.macro integers op
.irp n, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  \op x\n, (8 * \n)(sp)
.endr
.endm

.section .text
.balign 4
.globl riscv64_trap_entry
riscv64_trap_entry:
  csrrw sp, sscratch, sp
  addi sp, sp, -FRAME
  integers sd
  sd tp, 32(sp)
  csrr t0, sscratch
  sd t0, 16(sp)              // x2, as it was
  li t1, FRAME - STACK
  add t1, sp, t1
  csrw sscratch, t1
  floats fsd
  frcsr t0
  csrr t1, sepc
  csrr t2, sstatus
  csrr t3, scause
  csrr t4, stval
  sd t0, 416(sp)
  sd t1, 424(sp)
  sd t2, 432(sp)
  sd t3, 440(sp)
  sd t4, 448(sp)
  li s0, 0
  mv a0, sp
  call riscv64_trap
  addi t0, sp, FRAME
  csrw sscratch, t0

// Goes on as the TrapFrame at sp says. Interrupts are off.
leave:
  ld t0, 416(sp)
  ld t1, 424(sp)
  ld t2, 432(sp)
  fscsr t0
  csrw sepc, t1
  csrw sstatus, t2
  floats fld
  integers ld
  ld sp, 16(sp)
  sret

// Where a preempted thread goes (preempt in traps.cpp), with interrupts off: its TrapFrame is at sp.
.balign 4
.globl riscv64_preempted
riscv64_preempted:
  mv a0, sp
  call riscv64_call_preempted
  j leave

// A trap that is recognised by its address: check_interrupt. Returns after it.
.balign 4
.option push
.option norvc
.globl riscv64_check, riscv64_check_point
riscv64_check:
riscv64_check_point:
  ebreak
  ret
.option pop
