// The parts of the board that need no set-up: the 16550 serial port, and the way out.

#include "kernel/arch/arch.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::arch {

using x64::in8;
using x64::out8;

constexpr u16 serial_data = 0x3f8;
constexpr u16 serial_line_status = serial_data + 5;
constexpr u8 serial_can_send = 0x20;
constexpr u8 serial_absent = 0xff;  // what a port reads as where no device is

// QEMU's isa-debug-exit device, where it was asked for: the emulator ends with code * 2 + 1.
constexpr u16 debug_exit = 0x501;

static void console_put(u8 byte) {
  u8 status;
  do {
    status = in8(serial_line_status);
    if (status == serial_absent) return;
  } while (!(status & serial_can_send));
  out8(serial_data, byte);
}

void console_write(std::string_view text) {
  for (char c : text) {
    if (c == '\n') console_put('\r');
    console_put(u8(c));
  }
}

void power_off(u8 code) {
  out8(debug_exit, code & 0x7f);
  // No such device: a triple fault, which the emulator takes as a reset (-no-reboot ends it).
  struct [[gnu::packed]] { u16 limit; u64 base; } no_handlers = {0, 0};
  asm volatile("lidt %0; ud2" ::"m"(no_handlers));
  __builtin_unreachable();
}

}  // namespace skerry::kernel::arch
