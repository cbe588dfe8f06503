// The interrupt controller, which gives the lines of all devices to the first hart. The device tree names one of three:
//
//   PLIC    RISC-V Platform-Level Interrupt Controller Specification 1.0: the hart claims a line, and says when it has
//           handled it
//   APLIC   RISC-V Advanced Interrupt Architecture 1.0, chapter 4: the same, but that a line is over when its device
//           raises it no longer
//   IMSIC   chapters 3 and 4: an APLIC makes a message of a line that rises, whose number is the line's, and the hart
//           takes the number from a register of its own. While the line stays up there is no second message; so a line
//           that is still up when it was handled is made to send one more

#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

using Controller = BoardDescription::Controller;

// Registers of a PLIC; a context is a hart as supervisor.
constexpr u64 plic_enable = 0x2000, plic_enable_step = 0x80, plic_context = 0x20'0000, plic_context_step = 0x1000;
constexpr u64 plic_threshold = 0, plic_claim = 4;

// Registers of an APLIC; a line has a word of its configuration and its target, from number 1 on.
constexpr u64 aplic_domain = 0, aplic_configuration = 0, aplic_set_pending = 0x1cdc, aplic_inputs = 0x1d00,
              aplic_set_enabled = 0x1edc, aplic_clear_enabled = 0x1f00, aplic_targets = 0x3000;
constexpr u32 domain_enabled = 1 << 8, domain_sends_messages = 1 << 2, line_level_high = 6, target_hart_shift = 18;
// Of these, what a hart has where there are no messages.
constexpr u64 aplic_hart = 0x4000, aplic_hart_step = 32;
constexpr u64 hart_delivery = 0, hart_threshold = 8, hart_claim = 28;

// Registers of a hart's IMSIC, that are selected by number: each of the last kind is for 64 interrupts.
constexpr u32 imsic_delivery = 0x70, imsic_threshold = 0x72, imsic_enabled = 0xc0;

constexpr u32 most_lines = 1024;

static u8 *priorities, *enables, *context;  // a PLIC's
static u8* aplic;
static u8* aplic_own;  // the hart's part, where there are no messages
static u32 lines;      // how many numbers they have; 0: no controller

static u32 read_register(u8* at) { return *reinterpret_cast<volatile u32*>(at); }
static void write_register(u8* at, u32 value) { *reinterpret_cast<volatile u32*>(at) = value; }

static void write_imsic(u32 number, u64 value) {
  write_csr<Csr::Select>(number);
  write_csr<Csr::Selected>(value);
}

static void start_plic(u32 own) {
  u64 at = plic_context + own * plic_context_step, enable = plic_enable + own * plic_enable_step;
  if (at + plic_context_step > board.interrupt_controller.size()) return;
  u64 begin = board.interrupt_controller.begin;
  priorities = arch::map_device(begin, most_lines * 4);
  enables = arch::map_device(begin + enable, plic_enable_step);
  context = arch::map_device(begin + at, plic_context_step);
  write_register(context + plic_threshold, 0);
  for (u32 i = 0; i < most_lines / 32; ++i) write_register(enables + 4 * i, 0);
  lines = most_lines;
}

static void start_aplic(u32 own, bool sends_messages) {
  u64 size = aplic_hart + (sends_messages ? 0 : (own + u64{1}) * aplic_hart_step);
  if (size > board.interrupt_controller.size() || own >= 1 << (32 - target_hart_shift)) return;
  aplic = arch::map_device(board.interrupt_controller.begin, size);
  write_register(aplic + aplic_domain, 0);
  for (u32 i = 0; i < most_lines / 32; ++i) write_register(aplic + aplic_clear_enabled + 4 * i, ~u32{0});
  lines = most_lines;
  if (sends_messages) {
    lines = board.identities < most_lines ? board.identities + 1 : most_lines;
    // All at once: whoever enables a line later may do so on another hart, which cannot reach this one's.
    for (u32 i = 0; i < lines; i += 64) write_imsic(imsic_enabled + i / 32, ~u64{0});
    write_imsic(imsic_threshold, 0);
    write_imsic(imsic_delivery, 1);
  } else {
    aplic_own = aplic + aplic_hart + own * aplic_hart_step;
    write_register(aplic_own + hart_threshold, 0);
    write_register(aplic_own + hart_delivery, 1);
  }
  write_register(aplic + aplic_domain, domain_enabled | (sends_messages ? domain_sends_messages : 0));
}

void start_controller() {
  u32 own = board.harts[0].external;
  if (own == BoardDescription::no_context || board.controller == Controller::None) return;
  if (board.controller == Controller::Plic) start_plic(own);
  else start_aplic(own, board.controller == Controller::Imsic);
  if (lines != 0) set_csr<Csr::InterruptEnable>(1 << interrupt_external);
}

void handle_external() {
  if (context) {
    u32 line = read_register(context + plic_claim);
    if (line == 0) return;
    arch::device_interrupt(line);
    write_register(context + plic_claim, line);  // handled
  } else if (aplic_own) {
    u32 line = read_register(aplic_own + hart_claim) >> 16;
    if (line != 0) arch::device_interrupt(line);
  } else {
    u32 line = u32(swap_csr<Csr::TopInterrupt>(0) >> 16);
    if (line == 0) return;
    arch::device_interrupt(line);
    bool is_up = read_register(aplic + aplic_inputs + line / 32 * 4) >> line % 32 & 1;
    if (is_up) write_register(aplic + aplic_set_pending, line);
  }
}

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

void enable_line(u32 line) {
  if (lines == 0) stop("no interrupt controller for this hart");
  if (line == 0 || line >= lines) stop("a device with a line that the interrupt controller has not");
  if (context) {
    write_register(priorities + 4 * line, 1);
    u8* word = enables + line / 32 * 4;
    write_register(word, read_register(word) | 1u << line % 32);
    return;
  }
  constexpr u32 priority = 1;
  u32 target = board.harts[0].external << target_hart_shift;
  write_register(aplic + aplic_configuration + 4 * line, line_level_high);
  write_register(aplic + aplic_targets + 4 * line, target | (aplic_own ? priority : line));
  write_register(aplic + aplic_set_enabled, line);
}

// Lines only: nothing on this board sends messages.
std::optional<InterruptMessage> take_message() { return std::nullopt; }

}  // namespace skerry::kernel::arch
