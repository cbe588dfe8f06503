// Where a hart begins that another has started (harts.cpp), without translation and interrupts: a1 is the address of
// its page table register, stack pointer, number and identity. To riscv64_hart_entry(number).

#define SSTATUS_FS 0x6000

#define BEGINNING 32
#define IDENTITY 24

.section .text
.balign 4
// From entry.S: of the harts that were started it is the one of the identity a0.
.globl riscv64_hart_is_late
riscv64_hart_is_late:
  la a1, riscv64_beginnings
1:
  addi a1, a1, BEGINNING     // the first hart has none
  ld t0, 0(a1)
  beqz t0, 2f                // behind the last
  ld t0, IDENTITY(a1)
  bne t0, a0, 1b
  j riscv64_hart_begin
2:
  wfi                        // nobody started it
  j 2b

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
