// Instructions of the processor that C++ has no words for, the firmware's calls (RISC-V SBI
// Specification 1.0), and what the files of this folder share.

#pragma once

#include "kernel/arch/riscv64/board_description.h"

namespace skerry::kernel::riscv64 {

enum class Csr : u32 {
  Status = 0x100, InterruptEnable = 0x104, TrapVector = 0x105, Scratch = 0x140, InterruptPending = 0x144,
  Pages = 0x180, Time = 0xc01,
  Select = 0x150, Selected = 0x151, TopInterrupt = 0x15c,  // of an IMSIC
};
template <Csr csr>
u64 read_csr() {
  u64 value;
  asm volatile("csrr %0, %1" : "=r"(value) : "i"(u32(csr)));
  return value;
}
template <Csr csr>
void write_csr(u64 value) { asm volatile("csrw %0, %1" ::"i"(u32(csr)), "r"(value) : "memory"); }
// Answers what it was.
template <Csr csr>
u64 swap_csr(u64 value) {
  u64 before;
  asm volatile("csrrw %0, %1, %2" : "=r"(before) : "i"(u32(csr)), "r"(value) : "memory");
  return before;
}
template <Csr csr>
void set_csr(u64 bits) { asm volatile("csrs %0, %1" ::"i"(u32(csr)), "r"(bits) : "memory"); }
// Answers what it was.
template <Csr csr>
u64 clear_csr(u64 bits) {
  u64 before;
  asm volatile("csrrc %0, %1, %2" : "=r"(before) : "i"(u32(csr)), "r"(bits) : "memory");
  return before;
}

// Bits of Status.
constexpr u64 status_interrupts = 1 << 1, status_interrupts_before = 1 << 5;
// Bits of InterruptEnable; numbers of interrupts in a trap's cause.
constexpr u32 interrupt_software = 1, interrupt_timer = 5, interrupt_external = 9;

inline void flush_page(u64 address) { asm volatile("sfence.vma %0, zero" ::"r"(address) : "memory"); }
inline void flush_all() { asm volatile("sfence.vma" ::: "memory"); }
inline void fence_code() { asm volatile("fence.i" ::: "memory"); }
// What who waits for another hart does for a moment, with interrupts off. The hint `pause` would do for a processor; an
// emulator's harts may be more than the host's processors. Waiting for an interrupt stops emulating for a moment, and
// ends at once, since one is pending.
inline void give_way() {
  set_csr<Csr::InterruptPending>(1 << interrupt_software);
  asm volatile("wfi" ::: "memory");
}
// Waits, with interrupts off, for one that another hart has sent since forget_asked. It may have been pending before, for
// what is seen to when interrupts are on: afterwards it is so again.
inline void forget_asked() { clear_csr<Csr::InterruptPending>(1 << interrupt_software); }
inline void sleep_until_asked() {
  u64 enabled = clear_csr<Csr::InterruptEnable>(~u64{1 << interrupt_software});  // one that is pending would end it at once
  asm volatile("wfi" ::: "memory");
  write_csr<Csr::InterruptEnable>(enabled);
}
inline void remember_asked() { set_csr<Csr::InterruptPending>(1 << interrupt_software); }

// The firmware's functions, by extension.
enum class Sbi : u64 {
  Base = 0x10, PutByte = 0x01, Timer = 0x54494d45, Reset = 0x53525354,
  Interrupt = 0x735049, Harts = 0x48534d,
};
// Functions of Harts.
constexpr u64 hart_start = 0;
struct SbiResult { i64 error; u64 value; };
inline SbiResult call_firmware(Sbi extension, u64 function, u64 first = 0, u64 second = 0, u64 third = 0,
                               u64 fourth = 0) {
  register u64 a0 asm("a0") = first;
  register u64 a1 asm("a1") = second;
  register u64 a2 asm("a2") = third;
  register u64 a3 asm("a3") = fourth;
  register u64 a6 asm("a6") = function;
  register u64 a7 asm("a7") = u64(extension);
  asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
  return {i64(a0), a1};
}

// Memory above this has no place in the direct map (docs/memory-map.md).
constexpr u64 most_physical = 128 * GiB;

// What the device tree says; board.harts are by the kernel's numbers, so that the one that boots is the first. Set
// before kernel_main.
extern BoardDescription board;

void map_console();            // board.cpp, once devices can be mapped
bool prepare_traps(u32 hart);      // traps.cpp: room for its stacks; false if memory is short
void load_trap_vector(u32 hart);   // traps.cpp
void start_supervisor(u32 hart);   // processor.cpp: of the caller's hart
u64 page_table_register();         // paging.cpp
void serve();                      // paging.cpp: what another hart asked of this one, if one has
void handle_timer();           // clock.cpp
void start_controller();       // controller.cpp: of interrupts of devices
void handle_external();        // controller.cpp
void stir_entropy(std::span<const u8> seed);  // entropy.cpp

}  // namespace skerry::kernel::riscv64
