// The least kernel that the firmware starts: writes the byte 1 to the serial console, and nothing
// more. What it takes is QEMU's own floor (../latency_test.py).

.section .text.entry, "ax"
.globl boot_entry
boot_entry:
  li t0, 0x10000000
  li t1, 1
  sb t1, 0(t0)
1:
  wfi
  j 1b
