// Where a hart begins that another has started (harts.cpp), without translation and interrupts: a1 is the address of
// its page table register, stack pointer and number. To riscv64_hart_entry(number).

#define SSTATUS_FS 0x6000

.section .text
.balign 4
.globl riscv64_hart_begin
riscv64_hart_begin:
  ld t0, 0(a1)
  ld sp, 8(a1)
  ld a0, 16(a1)
  sfence.vma
  csrw satp, t0
  sfence.vma
  li t0, SSTATUS_FS          // floating point is allowed
  csrs sstatus, t0
  li tp, 0
  li gp, 0
  li s0, 0
  call riscv64_hart_entry
  unimp
