// How the other harts come up: each that the device tree names is started by the firmware, at harts.S.

#include <cstddef>

#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

// What a hart finds where it begins, without translation: in the kernel's image, whose addresses are physical ones.
struct Beginning {
  u64 satp, stack, number;
  u64 identity;  // as the firmware has it
};
static_assert(sizeof(Beginning) == 32 && offsetof(Beginning, identity) == 24);  // harts.S
extern "C" {
Beginning riscv64_beginnings[max_harts + 1];  // by number; zeros behind the last
}
constexpr usize stack_size = 16 * KiB;

extern "C" const u8 riscv64_hart_begin[];

extern "C" [[noreturn]] void riscv64_hart_entry(u64 number) {
  start_supervisor(u32(number));
  arch::hart_main(u32(number));
}

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

u32 hart_count() { return board.hart_count; }

bool prepare_hart(u32 number) {
  u8* stack = allocate_for_hart(stack_size);
  if (!stack || !prepare_traps(number)) return false;
  riscv64_beginnings[number] = {page_table_register(), u64(stack + stack_size), number, board.harts[number].id};
  return true;
}

void start_harts(u32 count) {
  for (u32 number = 1; number < count; ++number) {
    const Beginning& beginning = riscv64_beginnings[number];
    call_firmware(Sbi::Harts, hart_start, beginning.identity, u64(riscv64_hart_begin), u64(&beginning));
  }
}

void send_interrupt(u32 number) { call_firmware(Sbi::Interrupt, 0, 1, board.harts[number].id); }

}  // namespace skerry::kernel::arch
