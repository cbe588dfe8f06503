// Instructions of the processor that C++ has no words for, and the kernel's segment selectors.

#pragma once

#include "base/types.h"

namespace skerry::kernel::x64 {

constexpr u16 code_selector = 0x08;
constexpr u16 task_selector = 0x10;
constexpr u64 rflags_interrupts = 1 << 9;

inline void out8(u16 port, u8 value) { asm volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }
inline u8 in8(u16 port) {
  u8 value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

inline void out32(u16 port, u32 value) { asm volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }
inline u32 in32(u16 port) {
  u32 value;
  asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

struct CpuId { u32 eax, ebx, ecx, edx; };
inline CpuId cpuid(u32 leaf, u32 subleaf = 0) {
  CpuId id;
  asm volatile("cpuid" : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx) : "a"(leaf), "c"(subleaf));
  return id;
}

enum class Msr : u32 { ApicBase = 0x1b, Pat = 0x277, FsBase = 0xc0000100, GsBase = 0xc0000101 };
inline u64 read_msr(Msr msr) {
  u32 low, high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(u32(msr)));
  return u64(high) << 32 | low;
}
inline void write_msr(Msr msr, u64 value) {
  asm volatile("wrmsr" ::"c"(u32(msr)), "a"(u32(value)), "d"(u32(value >> 32)) : "memory");
}

inline u64 read_cr2() {
  u64 value;
  asm volatile("movq %%cr2, %0" : "=r"(value));
  return value;
}
inline u64 read_cr4() {
  u64 value;
  asm volatile("movq %%cr4, %0" : "=r"(value));
  return value;
}
inline void write_cr4(u64 value) { asm volatile("movq %0, %%cr4" ::"r"(value) : "memory"); }
inline void write_cr3(u64 value) { asm volatile("movq %0, %%cr3" ::"r"(value) : "memory"); }
inline u64 read_cr3() {
  u64 value;
  asm volatile("movq %%cr3, %0" : "=r"(value));
  return value;
}
inline void flush_page(u64 address) { asm volatile("invlpg (%0)" ::"r"(address) : "memory"); }

// Interrupts of the vectors below 16 times this and 16 wait.
inline void write_cr8(u64 value) { asm volatile("movq %0, %%cr8" ::"r"(value) : "memory"); }

inline void pause() { asm volatile("pause" ::: "memory"); }

inline u64 read_tsc() {
  u32 low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return u64(high) << 32 | low;
}

bool prepare_traps(u32 hart);      // traps.cpp: room for its tables and stacks; false if memory is short
void load_trap_tables(u32 hart);   // traps.cpp
void sleep_until_asked();          // traps.cpp: until vector_serve, with interrupts off
void start_features();             // processor.cpp: of the caller's hart
bool paging_started();             // paging.cpp
void serve();                      // paging.cpp: what another hart asked of this one, if one has
u64 page_table_root();             // paging.cpp
void start_local_clock(u32 hart);  // clock.cpp: of the caller's hart, but for the first
void end_of_interrupt();           // clock.cpp
// An interrupt for a hart, and for all others.
void send_vector(u32 hart, u8 vector);    // clock.cpp
void send_to_others(u32 command);         // clock.cpp
constexpr u32 command_init = 0x4500, command_startup = 0x4600, command_fixed = 0x4000;

// Vectors of the interrupt table.
constexpr u8 vector_device = 32;  // + line of the I/O interrupt controller
constexpr u8 device_lines = 24;
constexpr u8 vector_timer = 56;
constexpr u8 vector_check = 57;  // raised by ourselves: nothing but the look that every interrupt ends with
constexpr u8 vector_call = 58;   // the same, of another hart
constexpr u8 vector_spurious = 63;
// Of a class of their own, which comes before all others (sleep_until_asked).
constexpr u8 vector_serve = 64;  // another hart asks something of this one, or has done what it waited for
constexpr u8 vector_stop = 65;   // for good
constexpr u32 vector_count = 66;

}  // namespace skerry::kernel::x64
