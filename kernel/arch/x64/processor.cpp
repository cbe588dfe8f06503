// The processor: what it can do, its registers for threads and guests, its random numbers.

#include "kernel/arch/arch.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::arch {

using namespace x64;

constexpr u64 cr4_fsgsbase = 1 << 16, cr4_osxsave = 1 << 18;
constexpr u32 leaf1_ecx_xsave = 1 << 26, leaf1_ecx_rdrand = 1 << 30, leaf7_ebx_fsgsbase = 1;

static bool has_fsgsbase;

void start_processor() {
  prepare_traps(0);
  load_trap_tables(0);
  if (!(cpuid(1).ecx & leaf1_ecx_rdrand)) stop("this processor has no random number generator");
  has_fsgsbase = cpuid(7).ebx & leaf7_ebx_fsgsbase;
  start_features();
}

void fill_entropy(std::span<u8> bytes) {
  for (usize i = 0; i < bytes.size(); i += 8) {
    u64 word;
    bool ready = false;
    for (unsigned attempt = 0; attempt < 100 && !ready; ++attempt) {
      asm volatile("rdrand %0" : "=r"(word), "=@ccc"(ready));
    }
    if (!ready) stop("the random number generator gives nothing");
    __builtin_memcpy(bytes.data() + i, &word, bytes.size() - i < 8 ? bytes.size() - i : 8);
  }
}

bool memory_base_instructions() { return has_fsgsbase; }
std::string_view isa_string() { return {}; }

u8* set_memory_base(u8* base) {
  u64 old;
  if (has_fsgsbase) {
    asm volatile("rdgsbase %0" : "=r"(old));
    // Reading costs a fraction of writing, and kernel threads have none of their own.
    if (old != u64(base)) asm volatile("wrgsbase %0" ::"r"(base));
  } else {
    old = read_msr(Msr::GsBase);
    write_msr(Msr::GsBase, u64(base));
  }
  return reinterpret_cast<u8*>(old);
}

void set_thread_pointer(void* thread) {
  if (has_fsgsbase) asm volatile("wrfsbase %0" ::"r"(thread) : "memory");
  else write_msr(Msr::FsBase, u64(thread));
}

void* thread_pointer() {
  void* thread;
  asm volatile("movq %%fs:0, %0" : "=r"(thread));
  return thread;
}

extern "C" const u8 tls_begin[], tls_data_end[], tls_size[];  // kernel.ld; the last one's address is the size
usize thread_local_size() { return align_up(usize(tls_size), 64); }
void fill_thread_local(u8* end) { __builtin_memcpy(end - thread_local_size(), tls_begin, tls_data_end - tls_begin); }

extern "C" void x64_switch_stack(u64* save, u64 load);
extern "C" const u8 x64_thread_begin[];

void switch_stack(u64* save, u64 load) { x64_switch_stack(save, load); }

u64 new_stack(u8* top, void (*body)(void*), void* argument) {
  // As x64_switch_stack leaves a stack: r15, r14, r13, r12, rbx, rbp, return address.
  const u64 initial[9] = {0, 0, 0, u64(argument), u64(body), 0, u64(x64_thread_begin), 0, 0};
  u8* words = top - sizeof initial;  // so that the stack is aligned to 16 after the return
  __builtin_memcpy(words, initial, sizeof initial);
  return u64(words);
}

void enable_interrupts() { asm volatile("sti" ::: "memory"); }

bool disable_interrupts() {
  u64 flags;
  asm volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
  return flags & rflags_interrupts;
}

void wait_for_interrupt() { asm volatile("sti; hlt; cli" ::: "memory"); }

}  // namespace skerry::kernel::arch

namespace skerry::kernel::x64 {

void start_features() {
  bool has_xsave = cpuid(1).ecx & arch::leaf1_ecx_xsave;
  u64 cr4 = read_cr4();
  if (arch::has_fsgsbase) cr4 |= arch::cr4_fsgsbase;
  if (has_xsave) cr4 |= arch::cr4_osxsave;
  write_cr4(cr4);
  if (!has_xsave) return;
  // x87, SSE, AVX, and AVX-512's three, as far as they are there.
  CpuId states = cpuid(13);
  asm volatile("xsetbv" ::"c"(0), "a"(states.eax & 0xe7), "d"(0));
}

}  // namespace skerry::kernel::x64

#include "kernel/arch/spin_lock_bodies.h"
