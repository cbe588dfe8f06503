// Where a hart begins that another has started (harts.cpp): in 16 bits, at a copy of this code in the page at 0x8000,
// to long mode under the kernel's tables, to x64_hart_entry(number) on the stack of its number.

#define BEGIN 0x8000
#define AT(label) (BEGIN + label - hart_begin)

.section .rodata.hart, "a"
.globl hart_begin, hart_end
hart_begin:
.code16
  cli
  cld
  movw %cs, %ax
  movw %ax, %ds
  lgdtl gdt_pointer - hart_begin
  movl %cr0, %eax
  orl $1, %eax                  // protected mode
  movl %eax, %cr0
  ljmpl $24, $AT(1f)
.code32
1:
  movw $16, %ax
  movw %ax, %ds
  movl $0x620, %eax             // CR4: PAE, OSFXSR, OSXMMEXCPT
  movl %eax, %cr4
  movl AT(root), %eax
  movl %eax, %cr3
  movl $0xc0000080, %ecx        // EFER
  movl $0x900, %eax             // LME, NXE
  xorl %edx, %edx
  wrmsr
  movl $0x80010033, %eax        // CR0: PG, WP, NE, ET, MP, PE
  movl %eax, %cr0
  ljmp $8, $hart_in_long_mode
.balign 8
gdt:
  .quad 0
  .quad 0x00af9b000000ffff      // 8: code, 64 bits, as in the kernel's own table
  .quad 0x00cf93000000ffff      // 16: data
  .quad 0x00cf9b000000ffff      // 24: code, 32 bits
gdt_pointer:
  .word 31
  .long AT(gdt)
.balign 8
root:
  .quad 0
hart_end:

.section .data.hart, "aw"
.balign 4
next_number:
  .long 1

.section .text
.code64
hart_in_long_mode:
  xorl %eax, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %ss
  movl %eax, %fs
  movl %eax, %gs
  movl $1, %edi
  lock xaddl %edi, next_number
  cmpl x64_hart_count, %edi
  jae 2f                        // more than there is room for
  movq x64_hart_stacks(, %rdi, 8), %rsp
  xorl %ebp, %ebp
  call x64_hart_entry
2:
  cli
  hlt
  jmp 2b
