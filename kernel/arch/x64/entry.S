// From the PVH boot protocol to C++.
//
// A PVH loader (QEMU's -kernel finds the ELF note below) jumps to pvh_entry in 32-bit protected
// mode: flat segments, no paging, interrupts off, EBX = physical address of the hvm_start_info.
// The code here switches to long mode under a temporary map (the first GB at its own address and
// where the direct map will be, readable, writable and executable), and calls
// kernel_entry(start_info) on the boot stack.
// paging.cpp replaces the map before anything else runs.

.section .note.xen, "a", @note
  .long 4, 4, 18          // name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY
  .asciz "Xen"
  .long pvh_entry

.section .bss.boot, "aw", @nobits
.balign 4096
boot_tables:              // PML4, PDPT, PD: 512 pages of 2 MB
  .skip 3 * 4096
boot_stack:
  .skip 16384
.globl boot_stack_top
boot_stack_top:

.section .text.entry, "ax"
.code32
.globl pvh_entry
pvh_entry:
  cld
  movl $boot_tables, %edi
  leal 0x1003(%edi), %eax       // present, writable
  movl %eax, (%edi)             // PML4[0] -> PDPT
  movl %eax, 0x800(%edi)        // PML4[256] too: the direct map
  leal 0x2003(%edi), %eax
  movl %eax, 0x1000(%edi)       // PDPT[0] -> PD
  leal 0x2000(%edi), %edx
  movl $0x83, %eax              // present, writable, 2 MB
  movl $512, %ecx
1:
  movl %eax, (%edx)
  addl $0x200000, %eax
  addl $8, %edx
  decl %ecx
  jnz 1b

  movl $0x620, %eax             // CR4: PAE, OSFXSR, OSXMMEXCPT
  movl %eax, %cr4
  movl %edi, %cr3
  movl $0xc0000080, %ecx        // EFER
  movl $0x900, %eax             // LME, NXE
  xorl %edx, %edx
  wrmsr
  movl $0x80010033, %eax        // CR0: PG, WP, NE, ET, MP, PE
  movl %eax, %cr0
  lgdt boot_gdt_pointer
  ljmp $8, $2f

.code64
2:
  xorl %eax, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %ss
  movl %eax, %fs
  movl %eax, %gs
  movl $boot_stack_top, %esp
  xorl %ebp, %ebp
  movl %ebx, %edi
  call kernel_entry
  ud2

.section .rodata.boot, "a"
.balign 8
boot_gdt:
  .quad 0
  .quad 0x00af9b000000ffff      // 8: code, 64-bit, present
boot_gdt_pointer:
  .word 15
  .long boot_gdt
