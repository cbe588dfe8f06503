// Descriptor tables, and what happens after a trap.
//
// All vectors are interrupt gates, so that a trap runs with interrupts off. Interrupts, double faults
// and exceptions have stacks of their own. The handler of an exception may touch pages that are not
// mapped yet: while it runs, the processor is told to enter the next exception on the next of
// `exception_depth` stacks.

#include <atomic>

#include "kernel/arch/arch.h"
#include "kernel/arch/report.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::x64 {

struct TrapFrame {
  u8 xmm[16][16];
  u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
  u64 vector, error;
  u64 rip, cs, rflags, rsp, ss;
};

// Manual of the processor, volume 3, chapter 6.
enum : u64 { divide_error = 0, invalid_opcode = 6, double_fault = 8, general_protection = 13, page_fault = 14 };

constexpr u64 error_write = 2, error_execute = 16;

struct [[gnu::packed]] TaskState {
  u32 reserved0;
  u64 rsp[3];
  u64 reserved1;
  u64 stacks[7];  // the first is number 1
  u64 reserved2;
  u16 reserved3;
  u16 io_map;
};
struct Gate {
  u16 offset_low, selector;
  u8 stack, type;
  u16 offset_middle;
  u32 offset_high, reserved;
};
struct [[gnu::packed]] TablePointer {
  u16 limit;
  u64 base;
};

constexpr u8 stack_interrupt = 1, stack_double_fault = 2, stack_exception = 3;
constexpr usize trap_stack_size = 16 * KiB;
constexpr u32 exception_depth = 3;

// One hart's. From the number of `stack_exception` on, all stacks are for exceptions.
constexpr u32 stack_count = stack_exception - 1 + exception_depth;
using TrapStack = u8[trap_stack_size];
struct HartTraps {
  TrapStack* stacks;
  TaskState task_state;
  u64 descriptors[4];
  u32 exceptions;  // being handled
  bool in_handler;  // of an interrupt: its stack is taken
  bool sleeps;      // in sleep_until_asked
};
alignas(16) static TrapStack first_stacks[stack_count];
static HartTraps harts[max_harts];
static Gate gates[vector_count];
static u8* stack_top(const HartTraps& hart, u32 number) { return hart.stacks[number - 1] + trap_stack_size; }

constexpr u32 nobody = ~u32{0};
static std::atomic<u32> reporting = nobody;  // the hart that does
constexpr u8 exit_fault_in_report = 126;

extern "C" const u8 trap_stubs[];
constexpr usize stub_size = 16;

bool prepare_traps(u32 number) {
  if (number == 0) harts[0].stacks = first_stacks;
  else harts[number].stacks = reinterpret_cast<TrapStack*>(arch::allocate_for_hart(sizeof first_stacks));
  return harts[number].stacks;
}

void load_trap_tables(u32 number) {
  HartTraps& hart = harts[number];
  for (u8 stack : {stack_interrupt, stack_double_fault, stack_exception}) {
    hart.task_state.stacks[stack - 1] = u64(stack_top(hart, stack));
  }
  hart.task_state.io_map = sizeof hart.task_state;

  u64 task = u64(&hart.task_state);
  hart.descriptors[code_selector / 8] = 0x00af9b000000ffff;
  hart.descriptors[task_selector / 8] =
      (sizeof hart.task_state - 1) | (task & 0xffffff) << 16 | u64{0x89} << 40 | (task >> 24 & 0xff) << 56;
  hart.descriptors[task_selector / 8 + 1] = task >> 32;

  for (u32 vector = 0; number == 0 && vector < vector_count; ++vector) {
    u64 stub = u64(trap_stubs + vector * stub_size);
    u8 stack = vector == double_fault ? stack_double_fault : vector < 32 ? stack_exception : stack_interrupt;
    gates[vector] = {u16(stub), code_selector, stack, 0x8e, u16(stub >> 16), u32(stub >> 32), 0};
  }

  TablePointer gdt = {sizeof hart.descriptors - 1, u64(hart.descriptors)}, idt = {sizeof gates - 1, u64(gates)};
  asm volatile("lgdt %0; lidt %1; ltr %w2" ::"m"(gdt), "m"(idt), "r"(task_selector) : "memory");
}

[[noreturn]] static void halt_for_good() {
  for (;;) asm volatile("cli; hlt");
}

[[noreturn]] static void stop_with(const TrapFrame& f, std::string_view what) {
  u32 self = arch::hart_number(), reporter = nobody;
  if (!reporting.compare_exchange_strong(reporter, self)) {
    if (reporter == self) arch::power_off(exit_fault_in_report);
    halt_for_good();
  }
  arch::stop_other_harts();
  const NamedRegister registers[] = {
      {"rip", f.rip}, {"rsp", f.rsp}, {"rbp", f.rbp}, {"rfl", f.rflags}, {"rax", f.rax}, {"rbx", f.rbx}, {"rcx", f.rcx},
      {"rdx", f.rdx}, {"rsi", f.rsi}, {"rdi", f.rdi}, {"r8 ", f.r8}, {"r9 ", f.r9}, {"r10", f.r10}, {"r11", f.r11},
      {"r12", f.r12}, {"r13", f.r13}, {"r14", f.r14}, {"r15", f.r15}, {"cr2", read_cr2()}, {"err", f.error},
  };
  report_registers(registers);
  report_frames(f.rip, f.rbp, {.caller = 0, .return_address = 8});
  arch::stop(what);
}

static bool redirect(TrapFrame& frame, platform::FaultKind kind, u64 address) {
  platform::FaultContext context = {kind, frame.rip, frame.rbp, frame.rsp, frame.r14, address, 0};
  platform::Resume resume;
  if (!arch::redirect_fault(context, resume)) return false;
  frame.rip = resume.pc;
  frame.rbp = resume.frame_pointer;
  frame.rsp = resume.stack_pointer;
  frame.rdi = resume.first_argument;
  frame.rsi = resume.second_argument;
  return true;
}

static bool handle_exception(TrapFrame& frame) {
  using platform::FaultKind;
  switch (frame.vector) {
    case page_fault: {
      u64 address = read_cr2();
      arch::FaultAccess access = frame.error & error_execute ? arch::FaultAccess::Execute
                                 : frame.error & error_write ? arch::FaultAccess::Write
                                                             : arch::FaultAccess::Read;
      return arch::page_fault(address, access) || redirect(frame, FaultKind::Memory, address);
    }
    case general_protection: return redirect(frame, FaultKind::Memory, 0);  // an address that is not canonical
    case divide_error: return redirect(frame, FaultKind::Arithmetic, 0);
    case invalid_opcode: return redirect(frame, FaultKind::IllegalInstruction, 0);
    default: return false;
  }
}

static constexpr const char* exception_names[32] = {
    "divide error", "debug", "non-maskable interrupt", "a check failed", "overflow", "bound range", "invalid opcode",
    "no coprocessor", "double fault", "coprocessor segment", "invalid task state", "segment not present",
    "stack segment", "general protection", "page fault", "vector 15", "x87 error", "alignment", "machine check",
    "vector arithmetic", "virtualisation", "control protection",
};

extern "C" const u8 x64_preempted[];
extern "C" void x64_call_preempted(TrapFrame& frame) {
  arch::preempted();
  redirect(frame, platform::FaultKind::Interrupt, 0);  // what it was interrupted for meanwhile
}

// To x64_preempted (traps.S) with a copy of the frame on the thread's own stack; what compiled code may keep below its
// stack pointer is left alone. From there it comes back to where the thread was.
static void preempt(TrapFrame& frame) {
  constexpr u64 below_stack_pointer = 128;
  u64 copy = align_down(frame.rsp - below_stack_pointer - sizeof frame, 16);
  __builtin_memcpy(reinterpret_cast<void*>(copy), &frame, sizeof frame);
  frame.rsp = copy;
  frame.rbp = 0;
  frame.rip = u64(x64_preempted);
  frame.rflags &= ~rflags_interrupts;
}

static void handle_interrupt(u64 vector) {
  arch::begin_interrupt();
  if (vector == vector_timer) arch::timer_expired();
  else if (vector == vector_serve) serve();
  else if (vector < vector_device + device_lines) arch::device_interrupt(u32(vector) - vector_device);
  arch::end_interrupt();
  end_of_interrupt();
}

// And the look that it ends with.
static void handle_interrupt_and_look(TrapFrame& frame) {
  if (frame.vector != vector_check) handle_interrupt(frame.vector);
  if (redirect(frame, platform::FaultKind::Interrupt, 0)) return;
  if (frame.vector != vector_check && arch::wants_preemption(frame.rip)) preempt(frame);
}

// A hart without interrupts, which may hold locks, halts with interrupts on: of these only the vectors that come before
// all others are let through, and nothing is done of what an interrupt else ends with (x64_trap).
void sleep_until_asked() {
  HartTraps& hart = harts[arch::hart_number()];
  if (hart.in_handler) return pause();
  constexpr u64 others = vector_serve / 16 - 1;
  hart.sleeps = true;
  write_cr8(others);
  asm volatile("sti; hlt; cli" ::: "memory");
  write_cr8(0);
  hart.sleeps = false;
}

extern "C" void x64_trap(TrapFrame& frame) {
  HartTraps& hart = harts[arch::hart_number()];
  if (frame.vector < 32) {
    const char* name = exception_names[frame.vector] ? exception_names[frame.vector] : "reserved exception";
    if (hart.exceptions + 1 == exception_depth || frame.vector == double_fault) stop_with(frame, name);
    u64& stack = hart.task_state.stacks[stack_exception - 1];
    stack = u64(stack_top(hart, stack_exception + ++hart.exceptions));
    if (!handle_exception(frame)) stop_with(frame, name);
    stack = u64(stack_top(hart, stack_exception + --hart.exceptions));
    return;
  }
  if (frame.vector == vector_spurious) return;
  if (frame.vector == vector_stop) halt_for_good();
  if (hart.sleeps) {
    serve();  // the one who waits may find that it waits no more
    return end_of_interrupt();
  }
  hart.in_handler = true;
  handle_interrupt_and_look(frame);
  hart.in_handler = false;
}

}  // namespace skerry::kernel::x64

namespace skerry::kernel::arch {

using namespace x64;

void check_interrupt() { asm volatile("int %0" ::"i"(vector_check) : "memory"); }

void stop_here() {
  asm volatile("int3");
  __builtin_unreachable();
}

}  // namespace skerry::kernel::arch
