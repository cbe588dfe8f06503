// The parts of the board that need no set-up: the 16550 serial port, PCI's configuration, and the way out.

#include "kernel/arch/arch.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::arch {

using x64::in32;
using x64::in8;
using x64::out32;
using x64::out8;
using x64::paging_started;

constexpr u16 serial_data = 0x3f8;
constexpr u16 serial_interrupts = serial_data + 1;
constexpr u16 serial_modem = serial_data + 4;
constexpr u16 serial_line_status = serial_data + 5;
constexpr u8 serial_has_byte = 0x01, serial_can_send = 0x20;
constexpr u8 serial_on_byte = 0x01;                  // of serial_interrupts
constexpr u8 serial_line_to_controller = 0x0b;       // of serial_modem: the line reaches the interrupt controller
constexpr u32 serial_line = 4;
constexpr u8 serial_absent = 0xff;  // what a port reads as where no device is

constexpr u16 pci_address = 0xcf8, pci_data = 0xcfc;

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

std::optional<u32> start_console_input() {
  if (in8(serial_line_status) == serial_absent) return std::nullopt;
  out8(serial_modem, serial_line_to_controller);
  out8(serial_interrupts, serial_on_byte);
  enable_line(serial_line);
  return serial_line;
}

std::optional<u8> console_read() {
  if (!(in8(serial_line_status) & serial_has_byte)) return std::nullopt;
  return in8(serial_data);
}

// Ways of boards to switch themselves off: q35's register for power states, and microvm's, which is in memory. They
// are tried where no device is for an exit code, and nothing else is left to be done.
static void switch_off() {
  constexpr u16 q35_power = 0x604, q35_off = 0x2000;
  constexpr u64 microvm_power = 0xfea00200;
  constexpr u8 microvm_off = 0x34;
  asm volatile("outw %0, %1" ::"a"(q35_off), "Nd"(q35_power));
  if (u8* power = paging_started() ? map_device(microvm_power, 1) : nullptr) *reinterpret_cast<volatile u8*>(power) = microvm_off;
}

static u32 select_pci(u32 function, u32 offset) { return u32{1} << 31 | function << 8 | (offset & 0xfc); }

u32 read_pci(u32 function, u32 offset) {
  out32(pci_address, select_pci(function, offset));
  return in32(pci_data);
}

void write_pci(u32 function, u32 offset, u32 value) {
  out32(pci_address, select_pci(function, offset));
  out32(pci_data, value);
}

void power_off(u8 code) {
  out8(debug_exit, code & 0x7f);
  switch_off();
  // Nor these: a triple fault, which the emulator takes as a reset (-no-reboot ends it).
  struct [[gnu::packed]] { u16 limit; u64 base; } no_handlers = {0, 0};
  asm volatile("lidt %0; ud2" ::"m"(no_handlers));
  __builtin_unreachable();
}

}  // namespace skerry::kernel::arch
