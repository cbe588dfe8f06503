// Instructions of the processor that C++ has no words for, the firmware's calls (RISC-V SBI
// Specification 1.0), and what the files of this folder share.

#pragma once

#include "kernel/arch/riscv64/board_description.h"

namespace skerry::kernel::riscv64 {

#define READ_CSR(name)                              \
  ({                                                \
    ::skerry::u64 value;                            \
    asm volatile("csrr %0, " #name : "=r"(value));  \
    value;                                          \
  })
#define WRITE_CSR(name, value) asm volatile("csrw " #name ", %0" ::"rK"(::skerry::u64(value)) : "memory")
#define SET_CSR(name, bits) asm volatile("csrs " #name ", %0" ::"rK"(::skerry::u64(bits)) : "memory")
#define CLEAR_CSR(name, bits) asm volatile("csrc " #name ", %0" ::"rK"(::skerry::u64(bits)) : "memory")

// sstatus
constexpr u64 status_interrupts = 1 << 1, status_interrupts_before = 1 << 5;
// Bits of sie and sip, numbers of interrupts in scause.
constexpr u32 interrupt_timer = 5, interrupt_external = 9;

inline void flush_page(u64 address) { asm volatile("sfence.vma %0, zero" ::"r"(address) : "memory"); }
inline void flush_all() { asm volatile("sfence.vma" ::: "memory"); }

// The firmware's functions, by extension.
enum class Sbi : u64 { Base = 0x10, PutByte = 0x01, Timer = 0x54494d45, Reset = 0x53525354 };
struct SbiResult { i64 error; u64 value; };
inline SbiResult call_firmware(Sbi extension, u64 function, u64 first = 0, u64 second = 0) {
  register u64 a0 asm("a0") = first;
  register u64 a1 asm("a1") = second;
  register u64 a6 asm("a6") = function;
  register u64 a7 asm("a7") = u64(extension);
  asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
  return {i64(a0), a1};
}

// Memory above this has no place in the direct map (docs/memory-map.md).
constexpr u64 most_physical = 128 * GiB;

// What the device tree says. Set before kernel_main.
extern BoardDescription board;
// The hart that boots, of board.harts.
extern BoardDescription::Hart boot_hart;

void map_console();            // board.cpp, once devices can be mapped
void load_trap_vector();       // traps.cpp
void handle_timer();           // clock.cpp
void handle_external();        // clock.cpp: interrupts of devices
void stir_entropy(std::span<const u8> seed);  // entropy.cpp

}  // namespace skerry::kernel::riscv64
