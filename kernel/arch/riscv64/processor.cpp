// The processor: its registers for threads and guests.

#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

void start_supervisor(u32 hart) {
  load_trap_vector(hart);
  write_csr<Csr::InterruptEnable>(1 << interrupt_software);
}

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

void start_processor() { start_supervisor(0); }

// Compiled code keeps the base in a register of its own.
bool memory_base_instructions() { return false; }
u8* set_memory_base(u8*) { return nullptr; }
std::string_view isa_string() { return board.isa; }

extern "C" const u8 tls_begin[], tls_data_end[], tls_end[];  // kernel.ld
usize thread_local_size() { return align_up(usize(tls_end - tls_begin), 64); }
void fill_thread_local(u8* end) { __builtin_memcpy(end - thread_local_size(), tls_begin, tls_data_end - tls_begin); }

// tp points at the thread-local variables, which lie before the thread.
void set_thread_pointer(void* thread) {
  asm volatile("mv tp, %0" ::"r"(static_cast<u8*>(thread) - thread_local_size()) : "memory");
}
void* thread_pointer() {
  u8* locals;
  asm volatile("mv %0, tp" : "=r"(locals));
  return locals + thread_local_size();
}

extern "C" void riscv64_switch_stack(u64* save, u64 load);
extern "C" const u8 riscv64_thread_begin[];

void switch_stack(u64* save, u64 load) { riscv64_switch_stack(save, load); }

u64 new_stack(u8* top, void (*body)(void*), void* argument) {
  // As riscv64_switch_stack leaves a stack: ra, s0, s1, s2, and zeros.
  const u64 initial[26] = {u64(riscv64_thread_begin), 0, u64(body), u64(argument)};
  u8* words = top - sizeof initial;
  __builtin_memcpy(words, initial, sizeof initial);
  return u64(words);
}

void enable_interrupts() { set_csr<Csr::Status>(status_interrupts); }

bool disable_interrupts() {
  return clear_csr<Csr::Status>(status_interrupts) & status_interrupts;
}

// An interrupt that is pending ends the sleep though it is taken only afterwards.
void wait_for_interrupt() {
  asm volatile("wfi; csrsi sstatus, %0; csrci sstatus, %0" ::"i"(status_interrupts) : "memory");
}

}  // namespace skerry::kernel::arch

#include "kernel/arch/spin_lock_bodies.h"
