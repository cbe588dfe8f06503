// What happens after a trap.
//
// All traps enter with interrupts off, on the hart's own stacks (traps.S). The handler of an
// exception may touch pages that are not mapped yet, and so trap itself, on the next stack.

#include <atomic>

#include "kernel/arch/report.h"
#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

struct TrapFrame {
  u64 x[32];
  u64 f[20];  // those that calls do not preserve
  u64 fcsr, pc, status, cause, value;
  u64 padding;
};
static_assert(sizeof(TrapFrame) == 464);
enum : u32 { ra = 1, sp = 2, tp = 4, s0 = 8, s1 = 9, a0 = 10, a1 = 11 };

// Privileged Architecture 1.12, table 4.2.
constexpr u64 is_interrupt = u64{1} << 63;
enum Cause : u64 {
  FetchMisaligned = 0, FetchAccess = 1, IllegalInstruction = 2, Breakpoint = 3, LoadMisaligned = 4, LoadAccess = 5,
  StoreMisaligned = 6, StoreAccess = 7, FetchPage = 12, LoadPage = 13, StorePage = 15,
};

// Of a hart's stacks the first to be used is the last.
constexpr usize trap_stack_size = 16 * KiB;
constexpr u32 trap_depth = 5;
using TrapStack = u8[trap_stack_size];
alignas(16) static TrapStack first_stacks[trap_depth];
static TrapStack* stacks[max_harts];
constexpr u32 nobody = ~u32{0};
static std::atomic<u32> reporting = nobody;  // the hart that does
static std::atomic<bool> stopping;           // all but one shall
constexpr u8 exit_fault_in_report = 126;

extern "C" const u8 riscv64_trap_entry[], riscv64_check_point[];

bool prepare_traps(u32 hart) {
  if (hart == 0) stacks[0] = first_stacks;
  else stacks[hart] = reinterpret_cast<TrapStack*>(arch::allocate_for_hart(sizeof first_stacks));
  return stacks[hart];
}

void load_trap_vector(u32 hart) {
  write_csr<Csr::Scratch>(u64(stacks[hart] + trap_depth));
  write_csr<Csr::TrapVector>(u64(riscv64_trap_entry));
}

[[noreturn]] static void halt_for_good() {
  for (;;) asm volatile("csrci sstatus, %0; wfi" ::"i"(status_interrupts));
}

[[noreturn]] static void stop_with(const TrapFrame& f, std::string_view what) {
  u32 self = arch::hart_number(), reporter = nobody;
  if (!reporting.compare_exchange_strong(reporter, self)) {
    if (reporter == self) arch::power_off(exit_fault_in_report);
    halt_for_good();
  }
  arch::stop_other_harts();
  static constexpr const char* names[32] = {
      "pc ", "ra ", "sp ", "gp ", "tp ", "t0 ", "t1 ", "t2 ", "s0 ", "s1 ", "a0 ", "a1 ", "a2 ", "a3 ", "a4 ", "a5 ",
      "a6 ", "a7 ", "s2 ", "s3 ", "s4 ", "s5 ", "s6 ", "s7 ", "s8 ", "s9 ", "s10", "s11", "t3 ", "t4 ", "t5 ", "t6 ",
  };
  NamedRegister registers[35];
  for (u32 i = 0; i < 32; ++i) registers[i] = {names[i], i == 0 ? f.pc : f.x[i]};
  registers[32] = {"cau", f.cause};
  registers[33] = {"val", f.value};
  registers[34] = {"sta", f.status};
  report_registers(registers);
  // A frame pointer points behind the caller's, and that behind the return address.
  report_frames(f.pc, f.x[s0], {.caller = -16, .return_address = -8});
  arch::stop(what);
}

static bool redirect(TrapFrame& frame, platform::FaultKind kind, u64 address) {
  platform::FaultContext context = {kind, frame.pc, frame.x[s0], frame.x[sp], frame.x[s1], address, frame.x[ra]};
  platform::Resume resume;
  if (!arch::redirect_fault(context, resume)) return false;
  frame.pc = resume.pc;
  frame.x[s0] = resume.frame_pointer;
  frame.x[sp] = resume.stack_pointer;
  frame.x[a0] = resume.first_argument;
  frame.x[a1] = resume.second_argument;
  return true;
}

// A fault for a page that is there: the processor had kept that it was not.
static bool was_forgotten(u64 address, arch::FaultAccess access) {
  auto mapping = arch::find_mapping(align_down(address, page_size));
  if (!mapping || mapping->access == arch::Access::None) return false;
  using enum arch::FaultAccess;
  if (access == Write && (mapping->access != arch::Access::ReadWrite || mapping->shared)) return false;
  if (access == Execute && mapping->access != arch::Access::ReadExecute) return false;
  flush_page(address);
  return true;
}

static bool handle_page_fault(TrapFrame& frame, arch::FaultAccess access) {
  u64 address = frame.value;
  return was_forgotten(address, access) || arch::page_fault(address, access) ||
         redirect(frame, platform::FaultKind::Memory, address);
}

static bool handle_exception(TrapFrame& frame) {
  using platform::FaultKind;
  switch (frame.cause) {
    case FetchPage: return handle_page_fault(frame, arch::FaultAccess::Execute);
    case LoadPage: return handle_page_fault(frame, arch::FaultAccess::Read);
    case StorePage: return handle_page_fault(frame, arch::FaultAccess::Write);
    case FetchAccess:
    case LoadAccess:
    case StoreAccess:
    case LoadMisaligned:
    case StoreMisaligned: return redirect(frame, FaultKind::Memory, frame.value);
    case IllegalInstruction: return redirect(frame, FaultKind::IllegalInstruction, 0);
    case Breakpoint:
      if (frame.pc != u64(riscv64_check_point)) return false;
      frame.pc += 4;
      redirect(frame, FaultKind::Interrupt, 0);
      return true;
    default: return false;
  }
}

static constexpr const char* exception_names[16] = {
    "misaligned code", "no access to code", "illegal instruction", "a check failed",
    "misaligned load", "no access to load", "misaligned store", "no access to store",
    "system call", "system call", "cause 10", "system call",
    "page fault of code", "page fault of a load", "cause 14", "page fault of a store",
};

extern "C" const u8 riscv64_preempted[];
extern "C" void riscv64_call_preempted(TrapFrame& frame) {
  arch::preempted();
  redirect(frame, platform::FaultKind::Interrupt, 0);  // what it was interrupted for meanwhile
}

// To riscv64_preempted (traps.S) with a copy of the frame on the thread's own stack, below which compiled code keeps
// nothing. From there it comes back to where the thread was.
static void preempt(TrapFrame& frame) {
  u64 copy = align_down(frame.x[sp] - sizeof frame, 16);
  __builtin_memcpy(reinterpret_cast<void*>(copy), &frame, sizeof frame);
  frame.x[sp] = copy;
  frame.x[s0] = 0;
  frame.pc = u64(riscv64_preempted);
  frame.status &= ~status_interrupts_before;
}

extern "C" void riscv64_trap(TrapFrame& frame) {
  if (!(frame.cause & is_interrupt)) {
    const char* name = frame.cause < 16 ? exception_names[frame.cause] : "reserved exception";
    bool is_last_stack = u64(&frame) < u64(stacks[arch::hart_number()] + 1);
    if (is_last_stack || !handle_exception(frame)) stop_with(frame, name);
    return;
  }
  arch::begin_interrupt();
  switch (frame.cause & ~is_interrupt) {
    case interrupt_software:
      clear_csr<Csr::InterruptPending>(1 << interrupt_software);
      if (stopping) halt_for_good();
      serve();
      break;
    case interrupt_timer: handle_timer(); break;
    case interrupt_external: handle_external(); break;
    default: stop_with(frame, "an interrupt that was not enabled");
  }
  arch::end_interrupt();
  if (redirect(frame, platform::FaultKind::Interrupt, 0)) return;
  if (arch::wants_preemption(frame.pc)) preempt(frame);
}

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

void stop_other_harts() {
  stopping = true;
  for (u32 i = 0; i < board.hart_count; ++i) {
    if (i != hart_number()) send_interrupt(i);
  }
}

extern "C" void riscv64_check();
void check_interrupt() { riscv64_check(); }

void stop_here() {
  asm volatile("ebreak");
  __builtin_unreachable();
}

}  // namespace skerry::kernel::arch
