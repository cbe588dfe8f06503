// Linux on RISC-V 64: registers in a signal's frame, rt_sigaction, the instruction cache, the instruction sets.

#if defined(__riscv) && __riscv_xlen == 64

#include <sys/syscall.h>
#include <unistd.h>

#include "platform/linux/machine.h"

namespace skerry::platform {
namespace {

// The kernel's record, which ends with the mask: it gives handlers their way back itself. To QEMU (7.2 and others) it
// is like that of other machines, with an address in front of the mask, which is not used: the mask stands in both.
struct KernelSignalAction {
  u64 function;
  unsigned long flags;
  u64 mask;
  u64 mask_for_qemu;
};

// Indices of __gregs: x1 to x31 stand at their numbers, the pc where x0 would.
constexpr u32 reg_pc = 0, reg_ra = 1, reg_sp = 2, reg_s0 = 8, reg_s1 = 9, reg_a0 = 10, reg_a1 = 11;

// --- the instruction sets

constexpr long sys_riscv_hwprobe = 258, sys_riscv_flush_icache = 259;
constexpr u64 hwprobe_zba = 1 << 3, hwprobe_zbb = 1 << 4, hwprobe_zbs = 1 << 5;

volatile bool refused;

// Of an instruction of 4 bytes: goes on behind it.
void on_illegal_instruction(int, siginfo_t*, void* context) {
  refused = true;
  static_cast<ucontext_t*>(context)->uc_mcontext.__gregs[reg_pc] += 4;
}

// Whether the processor carries the instruction out.
#define TRY_INSTRUCTION(extension, instruction)                                                                \
  [] {                                                                                                         \
    u64 value = 0;                                                                                             \
    refused = false;                                                                                           \
    asm volatile(".option push\n.option arch, +" extension "\n" instruction "\n.option pop" : "+r"(value) : : "memory"); \
    return !refused;                                                                                           \
  }()

// As hwprobe's key IMA_EXT_0 has it.
u64 find_extensions() {
  constexpr i64 key_ima_ext_0 = 4;
  struct {
    i64 key;
    u64 value;
  } pair = {key_ima_ext_0, 0};
  // What all processors have in common.
  if (syscall(sys_riscv_hwprobe, &pair, 1, 0, nullptr, 0) == 0 && pair.key == key_ima_ext_0) return pair.value;
  // A kernel before 6.4 tells single letters alone: the instructions themselves tell.
  SignalAction handler{reinterpret_cast<u64>(on_illegal_instruction), SA_SIGINFO, 0}, previous;
  if (!exchange_signal_action(SIGILL, &handler, &previous)) return 0;
  u64 found = 0;
  if (TRY_INSTRUCTION("zba", "sh1add %0, %0, %0")) found |= hwprobe_zba;
  if (TRY_INSTRUCTION("zbb", "andn %0, %0, %0")) found |= hwprobe_zbb;
  if (TRY_INSTRUCTION("zbs", "bset %0, %0, %0")) found |= hwprobe_zbs;
  exchange_signal_action(SIGILL, &previous, nullptr);
  return found;
}

// While the program starts, when no other thread can be in need of a handler.
const u64 extensions = find_extensions();

}  // namespace

FaultContext read_context(FaultKind kind, const siginfo_t& info, const ucontext_t& context) {
  const auto& registers = context.uc_mcontext.__gregs;
  return {
      .kind = kind,
      .pc = registers[reg_pc],
      .frame_pointer = registers[reg_s0],
      .stack_pointer = registers[reg_sp],
      .instance = registers[reg_s1],
      .address = kind == FaultKind::Memory ? reinterpret_cast<u64>(info.si_addr) : 0,
      .link = registers[reg_ra],
  };
}

void write_context(ucontext_t& context, const Resume& resume) {
  auto& registers = context.uc_mcontext.__gregs;
  registers[reg_pc] = resume.pc;
  registers[reg_s0] = resume.frame_pointer;
  registers[reg_sp] = resume.stack_pointer;
  registers[reg_a0] = resume.first_argument;
  registers[reg_a1] = resume.second_argument;
}

// On all processors that this process runs on, now and later.
void synchronise_instructions(u8* address, usize size) {
  if (syscall(sys_riscv_flush_icache, address, address + size, 0) != 0) asm volatile("fence.i" : : : "memory");
}

// The instruction of the extension Zihintpause, a fence of nothing on processors without it.
void pause_processor() { asm volatile(".4byte 0x0100000f"); }

bool exchange_signal_action(int signal, const SignalAction* next, SignalAction* previous) {
  KernelSignalAction in{}, out{};
  if (next) in = {next->function, next->flags, next->mask, next->mask};
  if (syscall(SYS_rt_sigaction, signal, next ? &in : nullptr, &out, sizeof in.mask) != 0) return false;
  if (previous) *previous = {out.function, out.flags, out.mask};
  return true;
}

// Compiled code keeps the base in a register like any other.
u8* set_memory_base(u8*) { return nullptr; }
bool memory_base_instructions() { return true; }

std::string_view isa_string() {
  static constexpr std::string_view strings[] = {
      "rv64gc",         "rv64gc_zba",         "rv64gc_zbb",         "rv64gc_zba_zbb",
      "rv64gc_zbs", "rv64gc_zba_zbs", "rv64gc_zbb_zbs", "rv64gc_zba_zbb_zbs",
  };
  static_assert(hwprobe_zba == 8 && hwprobe_zbb == 16 && hwprobe_zbs == 32);
  return strings[extensions / hwprobe_zba % 8];
}

}  // namespace skerry::platform

#endif
