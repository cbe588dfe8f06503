// From the firmware (SBI) to C++.
//
// The firmware enters the image's first byte in supervisor mode, address translation and interrupts
// off, with a0 = the hart's number and a1 = the physical address of the device tree. Here
// translation is switched on under a temporary map of one table (Sv39, which every machine has):
// pages of 1 GB, physical memory below 128 GB at its own address and in the direct map, readable,
// writable and executable. paging.cpp replaces it.
//
// One hart comes here. OpenSBI sends others here as well that it was asked to start elsewhere (harts.S), where they
// were not yet done with their own beginning (it notes that a hart is to start before it notes where): they go on there.

#define SATP_SV39 8
#define LEAF 0xcf              // valid, readable, writable, executable, accessed, dirty
#define ONE_GB (1 << (30 - 2)) // as a step of the frame's number within an entry
#define SSTATUS_FS 0x6000

.section .bss.boot, "aw", @nobits
.balign 4096
boot_table:
  .skip 4096
.balign 16
boot_stack:
  .skip 16384
boot_stack_top:

.section .data
.balign 4
boot_entered:
  .word 0

.section .text.entry, "ax"
.globl boot_entry
boot_entry:
  la t0, boot_entered
  li t1, 1
  amoswap.w.aqrl t1, t1, (t0)
  bnez t1, riscv64_hart_is_late
  la t0, boot_table
  li t1, LEAF
  li t2, ONE_GB
  li t3, 2048                // the upper half's first entry
  add t3, t0, t3
  mv t4, t3
1:
  sd t1, 0(t0)               // its own address
  sd t1, 0(t3)               // the direct map
  addi t0, t0, 8
  addi t3, t3, 8
  add t1, t1, t2
  addi t5, t0, 1024          // 128 entries
  bne t5, t4, 1b

  la t0, boot_table
  srli t0, t0, 12
  li t1, SATP_SV39
  slli t1, t1, 60
  or t0, t0, t1
  sfence.vma
  csrw satp, t0
  sfence.vma

  li t0, SSTATUS_FS          // floating point is allowed
  csrs sstatus, t0
  la sp, boot_stack_top
  li tp, 0
  li gp, 0
  li s0, 0
  call kernel_entry
  unimp
