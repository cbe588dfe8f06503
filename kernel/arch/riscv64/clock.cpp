// Time: the time register, which the device tree measures, and the firmware's timer.

#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

static u64 origin;                // of monotonic_ns, in ticks
static u64 ns_scale, tick_scale;  // nanoseconds per tick and ticks per nanosecond, as fractions of 2^32

static u64 scaled(u64 count, u64 scale) { return u64((unsigned __int128)count * scale >> 32); }
static u32 read_register(u8* at) { return *reinterpret_cast<volatile u32*>(at); }

void handle_timer() {
  clear_csr<Csr::InterruptEnable>(1 << interrupt_timer);  // the firmware has no other way of ending one
  arch::timer_expired();
}

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

void start_clock() {
  constexpr u64 second = 1'000'000'000;
  if (board.ticks_per_second >> 32 != 0) stop("a clock that runs too fast");
  ns_scale = (second << 32) / board.ticks_per_second;
  tick_scale = (board.ticks_per_second << 32) / second;
  origin = read_csr<Csr::Time>();
  start_controller();
}

void clock_ready() {}

u64 monotonic_ns() { return scaled(read_csr<Csr::Time>() - origin, ns_scale); }

void set_timer(u64 deadline_ns) {
  constexpr u64 latest = u64{1} << 60;  // so that nothing overflows, the emulator's sums included
  if (deadline_ns > latest) {
    clear_csr<Csr::InterruptEnable>(1 << interrupt_timer);
    return;
  }
  call_firmware(Sbi::Timer, 0, origin + scaled(deadline_ns, tick_scale) + 1);
  set_csr<Csr::InterruptEnable>(1 << interrupt_timer);
}

u64 wall_clock_ns() {
  if (board.clock.size() < 8) return 0;
  static u8* registers;
  if (!registers) registers = map_device(board.clock.begin, 8);
  u64 low = read_register(registers);  // which keeps the upper half
  return u64{read_register(registers + 4)} << 32 | low;
}

}  // namespace skerry::kernel::arch
