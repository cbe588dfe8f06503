// The parts of the board that need no set-up: the console, and the way out.
//
// Until devices are mapped the console is the firmware's, which is slow; then a 16550, if there is one.

#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

constexpr u32 data = 0, interrupts = 1, line_status = 5;
constexpr u8 has_byte = 0x01, can_send = 0x20;
constexpr u8 on_byte = 0x01;  // of interrupts
constexpr u32 most_polls = 1'000'000;

// Of QEMU's test device: the emulator ends with the code in the upper half.
constexpr u32 finish_with_code = 0x3333, finish_well = 0x5555;

static u8* serial;    // null: not mapped
static u8* finisher;

void map_console() {
  u64 serial_size = 8 * board.serial_stride;
  if (board.serial.size() >= serial_size) serial = arch::map_device(board.serial.begin, serial_size);
  if (board.finisher.size() >= 4) finisher = arch::map_device(board.finisher.begin, 4);
}

static u32 read_serial(u32 index) {
  u8* at = serial + index * board.serial_stride;
  return board.serial_width == 4 ? *reinterpret_cast<volatile u32*>(at) : *reinterpret_cast<volatile u8*>(at);
}

static void write_serial(u32 index, u8 value) {
  u8* at = serial + index * board.serial_stride;
  if (board.serial_width == 4) *reinterpret_cast<volatile u32*>(at) = value;
  else *reinterpret_cast<volatile u8*>(at) = value;
}

static void console_put(u8 byte) {
  if (!serial) {
    call_firmware(Sbi::PutByte, 0, byte);
    return;
  }
  for (u32 i = 0; i < most_polls && !(read_serial(line_status) & can_send); ++i) {}
  write_serial(data, byte);
}

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

void console_write(std::string_view text) {
  for (char c : text) {
    if (c == '\n') console_put('\r');
    console_put(u8(c));
  }
}

std::optional<u32> start_console_input() {
  if (!serial || board.serial_line == 0) return std::nullopt;
  write_serial(interrupts, on_byte);
  enable_line(board.serial_line);
  return board.serial_line;
}

std::optional<u8> console_read() {
  if (!(read_serial(line_status) & has_byte)) return std::nullopt;
  return u8(read_serial(data));
}

// Firmware leaves PCI as it is after a reset, without addresses; what the kernel needs is elsewhere too.
u32 read_pci(u32, u32) { return ~u32{0}; }
void write_pci(u32, u32, u32) {}

void power_off(u8 code) {
  constexpr u64 shutdown = 0, no_reason = 0, failure = 1;
  u32 finish = code == 0 ? finish_well : u32{code} << 16 | finish_with_code;
  if (finisher) *reinterpret_cast<volatile u32*>(finisher) = finish;
  call_firmware(Sbi::Reset, 0, shutdown, code == 0 ? no_reason : failure);
  disable_interrupts();
  for (;;) asm volatile("wfi");
}

}  // namespace skerry::kernel::arch
