// Linux on x86-64: registers in a signal's frame, the GS base, rt_sigaction.

#if defined(__x86_64__)

#include <asm/prctl.h>
#include <immintrin.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/linux/machine.h"

// The kernel returns from a handler to this, which ends the signal's frame. Debuggers and
// unwinders know these two instructions by their bytes.
asm(R"(
  .text
  .type skerry_restore_rt, @function
skerry_restore_rt:
  movq $15, %rax
  syscall
  .size skerry_restore_rt, . - skerry_restore_rt
)");
extern "C" void skerry_restore_rt();

namespace skerry::platform {
namespace {

struct KernelSignalAction {
  u64 function;
  unsigned long flags;
  void (*restorer)();
  u64 mask;
};
constexpr unsigned long has_restorer = 0x04000000;  // SA_RESTORER

// Set where the kernel lets user code read and write the segment bases (FSGSBASE).
constexpr unsigned long hwcap2_fsgsbase = 2;
const bool has_fsgsbase = (getauxval(AT_HWCAP2) & hwcap2_fsgsbase) != 0;

[[gnu::target("fsgsbase")]] u8* exchange_gs_base(u8* base) {
  u8* old = reinterpret_cast<u8*>(_readgsbase_u64());
  if (old != base) _writegsbase_u64(reinterpret_cast<u64>(base));
  return old;
}

}  // namespace

FaultContext read_context(FaultKind kind, const siginfo_t& info, const ucontext_t& context) {
  const greg_t* registers = context.uc_mcontext.gregs;
  return {
      .kind = kind,
      .pc = u64(registers[REG_RIP]),
      .frame_pointer = u64(registers[REG_RBP]),
      .stack_pointer = u64(registers[REG_RSP]),
      .instance = u64(registers[REG_R14]),
      .address = kind == FaultKind::Memory ? reinterpret_cast<u64>(info.si_addr) : 0,
      .link = 0,
  };
}

void write_context(ucontext_t& context, const Resume& resume) {
  greg_t* registers = context.uc_mcontext.gregs;
  registers[REG_RIP] = greg_t(resume.pc);
  registers[REG_RBP] = greg_t(resume.frame_pointer);
  registers[REG_RSP] = greg_t(resume.stack_pointer);
  registers[REG_RDI] = greg_t(resume.first_argument);
  registers[REG_RSI] = greg_t(resume.second_argument);
  // The convention wants the direction flag clear and no single step left over from where it was.
  registers[REG_EFL] &= ~greg_t(0x400);
}

// Stores and fetches agree by themselves; other threads first reach new code by a later load.
void synchronise_instructions(u8*, usize) {}

void pause_processor() { asm volatile("pause"); }

bool exchange_signal_action(int signal, const SignalAction* next, SignalAction* previous) {
  KernelSignalAction in{}, out{};
  if (next) in = {next->function, next->flags | has_restorer, skerry_restore_rt, next->mask};
  if (syscall(SYS_rt_sigaction, signal, next ? &in : nullptr, &out, sizeof in.mask) != 0) return false;
  if (previous) *previous = {out.function, out.flags & ~has_restorer, out.mask};
  return true;
}

u8* set_memory_base(u8* base) {
  if (has_fsgsbase) return exchange_gs_base(base);
  u64 old = 0;
  syscall(SYS_arch_prctl, ARCH_GET_GS, &old);
  if (old != reinterpret_cast<u64>(base)) syscall(SYS_arch_prctl, ARCH_SET_GS, base);
  return reinterpret_cast<u8*>(old);
}

bool memory_base_instructions() { return has_fsgsbase; }
std::string_view isa_string() { return {}; }

}  // namespace skerry::platform

#endif
