// The least kernel that a PVH loader starts: writes the byte 1 to the serial console, and nothing
// more. What it takes is QEMU's own floor (../latency_test.py).

.section .note.xen, "a", @note
  .long 4, 4, 18
  .asciz "Xen"
  .long pvh_entry

.section .text.entry, "ax"
.code32
.globl pvh_entry
pvh_entry:
  movw $0x3f8, %dx
  movb $1, %al
  outb %al, %dx
1:
  hlt
  jmp 1b
