#include "kernel/arch/report.h"

#include "kernel/arch/arch.h"
#include "kernel/arch/symbols.h"

namespace skerry::kernel {

static void write_hex(u64 value, unsigned digits) {
  char text[16];
  for (unsigned i = 0; i < digits; ++i) text[i] = "0123456789abcdef"[value >> (4 * (digits - 1 - i)) & 15];
  arch::console_write({text, digits});
}

void report_registers(std::span<const NamedRegister> registers) {
  unsigned column = 0;
  arch::console_write("\n");
  for (const auto& [name, value] : registers) {
    arch::console_write(name);
    arch::console_write(" ");
    write_hex(value, 16);
    arch::console_write(++column % 4 ? "  " : "\n");
  }
  if (column % 4) arch::console_write("\n");
}

static bool is_readable(u64 address) {
  auto mapping = arch::find_mapping(address);
  return mapping && mapping->access != arch::Access::None;
}

// A line. What a call returns to may be another function's begin: `within` is an address of the call.
static void report_frame(u64 pc, u64 within) {
  arch::console_write("  0x");
  write_hex(pc, 12);
  if (auto [name, offset] = symbol_of(within); !name.empty()) {
    arch::console_write(" ");
    arch::console_write(name);
    arch::console_write(" + 0x");
    u64 behind = offset + (pc - within);
    write_hex(behind, behind < 0x1'0000 ? 4 : 8);
  }
  arch::console_write("\n");
}

void report_frames(u64 pc, u64 frame, FrameLayout layout) {
  arch::console_write("backtrace\n");
  report_frame(pc, pc);
  for (unsigned depth = 1; depth < 64; ++depth) {
    u64 caller = frame + u64(layout.caller), return_address = frame + u64(layout.return_address);
    if (frame % 8 || !is_readable(caller) || !is_readable(return_address)) break;
    pc = *reinterpret_cast<const u64*>(return_address);
    u64 above = *reinterpret_cast<const u64*>(caller);
    if (above <= frame) break;
    frame = above;
    report_frame(pc, pc - 1);
  }
}

}  // namespace skerry::kernel
