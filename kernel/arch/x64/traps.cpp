// Descriptor tables, and what happens after a trap.
//
// All vectors are interrupt gates, so that a trap runs with interrupts off. Interrupts, double faults
// and exceptions have stacks of their own. The handler of an exception may touch pages that are not
// mapped yet: while it runs, the processor is told to enter the next exception on the next of
// `exception_depth` stacks.

#include "base/string.h"
#include "kernel/arch/arch.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::x64 {

struct TrapFrame {
  u8 xmm[16][16];
  u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
  u64 vector, error;
  u64 rip, cs, rflags, rsp, ss;
};

// Manual of the processor, volume 3, chapter 6.
enum : u64 { divide_error = 0, breakpoint = 3, invalid_opcode = 6, double_fault = 8, general_protection = 13, page_fault = 14 };

constexpr u64 rflags_interrupts = 1 << 9;
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

// One hart's; there is one. From the number of `stack_exception` on, all are for exceptions.
alignas(16) static u8 trap_stacks[stack_exception - 1 + exception_depth][trap_stack_size];
static u8* stack_top(u32 number) { return trap_stacks[number - 1] + trap_stack_size; }
static TaskState task_state;
static u64 descriptors[4];
static Gate gates[vector_count];
static u32 exceptions;  // being handled
static bool handles_interrupt;
static bool reporting;
constexpr u8 exit_fault_in_report = 126;

extern "C" const u8 trap_stubs[];
constexpr usize stub_size = 16;

static void load_tables() {
  for (u8 number : {stack_interrupt, stack_double_fault, stack_exception}) {
    task_state.stacks[number - 1] = u64(stack_top(number));
  }
  task_state.io_map = sizeof task_state;

  u64 task = u64(&task_state);
  descriptors[code_selector / 8] = 0x00af9b000000ffff;
  descriptors[task_selector / 8] =
      (sizeof task_state - 1) | (task & 0xffffff) << 16 | u64{0x89} << 40 | (task >> 24 & 0xff) << 56;
  descriptors[task_selector / 8 + 1] = task >> 32;

  for (u32 vector = 0; vector < vector_count; ++vector) {
    u64 stub = u64(trap_stubs + vector * stub_size);
    u8 stack = vector == double_fault ? stack_double_fault : vector < 32 ? stack_exception : stack_interrupt;
    gates[vector] = {u16(stub), code_selector, stack, 0x8e, u16(stub >> 16), u32(stub >> 32), 0};
  }

  TablePointer gdt = {sizeof descriptors - 1, u64(descriptors)}, idt = {sizeof gates - 1, u64(gates)};
  asm volatile("lgdt %0; lidt %1; ltr %w2" ::"m"(gdt), "m"(idt), "r"(task_selector) : "memory");
}

static void print_registers(const TrapFrame& f) {
  const struct { const char* name; u64 value; } registers[] = {
      {"rip", f.rip}, {"rsp", f.rsp}, {"rbp", f.rbp}, {"rfl", f.rflags}, {"rax", f.rax}, {"rbx", f.rbx}, {"rcx", f.rcx},
      {"rdx", f.rdx}, {"rsi", f.rsi}, {"rdi", f.rdi}, {"r8 ", f.r8}, {"r9 ", f.r9}, {"r10", f.r10}, {"r11", f.r11},
      {"r12", f.r12}, {"r13", f.r13}, {"r14", f.r14}, {"r15", f.r15}, {"cr2", read_cr2()}, {"err", f.error},
  };
  unsigned column = 0;
  for (const auto& [name, value] : registers) {
    arch::console_write(name);
    arch::console_write(" ");
    char digits[17] = {};
    for (unsigned i = 0; i < 16; ++i) digits[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    arch::console_write(digits);
    arch::console_write(++column % 4 ? "  " : "\n");
  }
}

static bool is_readable(u64 address) {
  auto mapping = arch::find_mapping(address);
  return mapping && mapping->access != arch::Access::None;
}

// Return addresses by frame pointer, while the frames are mapped and rise.
static void print_frames(u64 pc, u64 frame) {
  arch::console_write("backtrace");
  for (unsigned depth = 0; depth < 64; ++depth) {
    char text[20] = " 0x";
    unsigned length = 3;
    for (int shift = 44; shift >= 0; shift -= 4) text[length++] = "0123456789abcdef"[pc >> shift & 15];
    arch::console_write({text, length});
    if (frame % 8 || !is_readable(frame) || !is_readable(frame + 8)) break;
    const u64* words = reinterpret_cast<const u64*>(frame);
    if (words[0] <= frame) break;
    frame = words[0];
    pc = words[1];
  }
  arch::console_write("\n");
}

[[noreturn]] static void stop_with(const TrapFrame& frame, std::string_view what) {
  if (reporting) arch::power_off(exit_fault_in_report);
  reporting = true;
  arch::console_write("\n");
  print_registers(frame);
  print_frames(frame.rip, frame.rbp);
  arch::stop(what);
}

static bool redirect(TrapFrame& frame, platform::FaultKind kind, u64 address) {
  platform::FaultContext context = {kind, frame.rip, frame.rbp, frame.rsp, frame.r14, address};
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
    "divide error", "debug", "non-maskable interrupt", "breakpoint", "overflow", "bound range", "invalid opcode",
    "no coprocessor", "double fault", "coprocessor segment", "invalid task state", "segment not present",
    "stack segment", "general protection", "page fault", "vector 15", "x87 error", "alignment", "machine check",
    "vector arithmetic", "virtualisation", "control protection",
};

extern "C" void x64_trap(TrapFrame& frame) {
  if (frame.vector < 32) {
    const char* name = exception_names[frame.vector] ? exception_names[frame.vector] : "reserved exception";
    if (exceptions + 1 == exception_depth || frame.vector == double_fault) stop_with(frame, name);
    u64& stack = task_state.stacks[stack_exception - 1];
    stack = u64(stack_top(stack_exception + ++exceptions));
    if (!handle_exception(frame)) stop_with(frame, name);
    stack = u64(stack_top(stack_exception + --exceptions));
    return;
  }
  if (frame.vector == vector_spurious) return;
  if (frame.vector != vector_check) {
    handles_interrupt = true;
    if (frame.vector == vector_timer) arch::timer_expired();
    else arch::device_interrupt(u32(frame.vector) - vector_device);
    handles_interrupt = false;
    end_of_interrupt();
  }
  redirect(frame, platform::FaultKind::Interrupt, 0);
}

}  // namespace skerry::kernel::x64

namespace skerry::kernel::arch {

using namespace x64;

constexpr u64 cr4_fsgsbase = 1 << 16, cr4_osxsave = 1 << 18;
constexpr u32 leaf1_ecx_xsave = 1 << 26, leaf1_ecx_rdrand = 1 << 30, leaf7_ebx_fsgsbase = 1;

static bool has_fsgsbase;

void start_processor() {
  load_tables();
  CpuId leaf1 = cpuid(1), leaf7 = cpuid(7);
  if (!(leaf1.ecx & leaf1_ecx_rdrand)) stop("this processor has no random number generator");

  has_fsgsbase = leaf7.ebx & leaf7_ebx_fsgsbase;
  u64 cr4 = read_cr4();
  if (has_fsgsbase) cr4 |= cr4_fsgsbase;
  if (leaf1.ecx & leaf1_ecx_xsave) cr4 |= cr4_osxsave;
  write_cr4(cr4);
  if (leaf1.ecx & leaf1_ecx_xsave) {
    // x87, SSE, AVX, and AVX-512's three, as far as they are there.
    CpuId states = cpuid(13);
    asm volatile("xsetbv" ::"c"(0), "a"(states.eax & 0xe7), "d"(0));
  }
}

void fill_entropy(std::span<u8> bytes) {
  for (usize i = 0; i < bytes.size(); i += 8) {
    u64 word;
    bool ready = false;
    for (unsigned attempt = 0; attempt < 100 && !ready; ++attempt) asm volatile("rdrand %0" : "=r"(word), "=@ccc"(ready));
    if (!ready) stop("the random number generator gives nothing");
    __builtin_memcpy(bytes.data() + i, &word, bytes.size() - i < 8 ? bytes.size() - i : 8);
  }
}

bool memory_base_instructions() { return has_fsgsbase; }

u8* set_memory_base(u8* base) {
  u64 old;
  if (has_fsgsbase) {
    asm volatile("rdgsbase %0" : "=r"(old));
    asm volatile("wrgsbase %0" ::"r"(base));
  } else {
    old = read_msr(Msr::GsBase);
    write_msr(Msr::GsBase, u64(base));
  }
  return reinterpret_cast<u8*>(old);
}

void set_thread_pointer(void* thread) { write_msr(Msr::FsBase, u64(thread)); }

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

bool in_interrupt() { return handles_interrupt; }

void check_interrupt() { asm volatile("int %0" ::"i"(vector_check) : "memory"); }

void wait_for_interrupt() { asm volatile("sti; hlt; cli" ::: "memory"); }

void print_backtrace() {
  u64 frame = u64(__builtin_frame_address(0));
  print_frames(u64(__builtin_return_address(0)), *reinterpret_cast<const u64*>(frame));
}

}  // namespace skerry::kernel::arch
