// Time and interrupts: the time register, which the device tree measures, the firmware's timer, and
// the platform's interrupt controller (RISC-V Platform-Level Interrupt Controller Specification 1.0).

#include "base/check.h"
#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

// Offsets of the controller's registers; a context is a hart as supervisor.
constexpr u64 enable_base = 0x2000, enable_step = 0x80, context_base = 0x20'0000, context_step = 0x1000;
constexpr u64 threshold = 0, claim = 4;
constexpr u32 lines = 1024;

static u8 *priorities, *enables, *context;  // null: no controller
static u64 origin;                          // of monotonic_ns, in ticks
static u64 ns_scale, tick_scale;            // nanoseconds per tick and ticks per nanosecond, as fractions of 2^32

static u64 scaled(u64 count, u64 scale) { return u64((unsigned __int128)count * scale >> 32); }
static u32 read_register(u8* at) { return *reinterpret_cast<volatile u32*>(at); }
static void write_register(u8* at, u32 value) { *reinterpret_cast<volatile u32*>(at) = value; }

void handle_timer() {
  clear_csr<Csr::InterruptEnable>(1 << interrupt_timer);  // the firmware has no other way of ending one
  arch::timer_expired();
}

void handle_external() {
  u32 line = read_register(context + claim);
  if (line == 0) return;
  arch::device_interrupt(line);
  write_register(context + claim, line);  // handled
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
  u64 controller = board.interrupt_controller.begin, size = board.interrupt_controller.size();
  u64 at = context_base + board.harts[0].external * context_step;
  if (board.harts[0].external != BoardDescription::no_context && at + context_step <= size) {
    u64 enable = enable_base + board.harts[0].external * enable_step;
    priorities = map_device(controller, lines * 4);
    enables = map_device(controller + enable, enable_step);
    context = map_device(controller + at, context_step);
    write_register(context + threshold, 0);
    for (u32 i = 0; i < lines / 32; ++i) write_register(enables + 4 * i, 0);
  }
  if (context) set_csr<Csr::InterruptEnable>(1 << interrupt_external);
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

void enable_line(u32 line) {
  if (!context) stop("no interrupt controller for this hart");
  CHECK(line > 0 && line < lines);
  write_register(priorities + 4 * line, 1);
  u8* word = enables + line / 32 * 4;
  write_register(word, read_register(word) | 1u << line % 32);
}

// The controller takes lines only.
std::optional<InterruptMessage> take_message() { return std::nullopt; }

u64 wall_clock_ns() {
  if (board.clock.size() < 8) return 0;
  static u8* registers;
  if (!registers) registers = map_device(board.clock.begin, 8);
  u64 low = read_register(registers);  // which keeps the upper half
  return u64{read_register(registers + 4)} << 32 | low;
}

}  // namespace skerry::kernel::arch
