// How the other harts come up.
//
// How many there are is asked of QEMU's firmware configuration; a machine without it has one. They are all told at
// once to begin at the code of harts.S, in a page below 1 MB, and take their numbers in the order in which they come.
// Its page lies where nothing else is mapped, and is the only one that has the same address before and after.

#include "kernel/arch/arch.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::x64 {

constexpr u16 configuration_selector = 0x510, configuration_data = 0x511;
constexpr u16 item_signature = 0, item_processors = 5;

// Of harts.S.
extern "C" const u8 hart_begin[], hart_end[];
extern "C" {
u64 x64_hart_stacks[max_harts];
u32 x64_hart_count;
}
struct Parameters { u64 root; };
constexpr u64 begin_page = 0x8000;
constexpr usize stack_size = 16 * KiB;

static void select(u16 item) { asm volatile("outw %0, %1" ::"a"(item), "Nd"(configuration_selector)); }

extern "C" [[noreturn]] void x64_hart_entry(u64 number) {
  load_trap_tables(u32(number));
  start_features();
  start_local_clock(u32(number));
  arch::hart_main(u32(number));
}

}  // namespace skerry::kernel::x64

namespace skerry::kernel::arch {

using namespace x64;

u32 hart_count() {
  select(item_signature);
  for (char c : {'Q', 'E', 'M', 'U'}) {
    if (in8(configuration_data) != u8(c)) return 1;
  }
  select(item_processors);
  u32 count = in8(configuration_data);
  return count | u32{in8(configuration_data)} << 8;
}

bool prepare_hart(u32 number) {
  u8* stack = allocate_for_hart(stack_size);
  if (!stack || !prepare_traps(number)) return false;
  x64_hart_stacks[number] = u64(stack + stack_size);
  return true;
}

void start_harts(u32 count) {
  x64_hart_count = count;
  u64 root = page_table_root();
  if (root >> 32 != 0) return;  // where they begin there are 32 bits
  u8* page = map_device(begin_page, page_size);
  __builtin_memcpy(page, hart_begin, usize(hart_end - hart_begin));
  __builtin_memcpy(page + (hart_end - hart_begin) - sizeof root, &root, sizeof root);
  if (!map_page(begin_page, {begin_page, Access::ReadExecute, true})) return;
  bool interrupts = disable_interrupts();
  send_to_others(command_init);
  send_to_others(command_startup | u32(begin_page / page_size));
  if (interrupts) enable_interrupts();
}

void send_interrupt(u32 number) { send_vector(number, vector_call); }
void stop_other_harts() { send_to_others(command_fixed | vector_stop); }

}  // namespace skerry::kernel::arch
