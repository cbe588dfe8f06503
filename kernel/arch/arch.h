// What the kernel asks of the processor and the board. kernel/arch/<isa> implements it, with equal
// file names in each; nothing outside those folders knows the ISA.

#pragma once

#include <string_view>

#include "base/types.h"

namespace skerry::kernel::arch {

// Writes to the serial console; a newline becomes CR LF. Usable from the first instruction on, in
// any context.
void console_write(std::string_view text);

// Ends the machine. Where the board offers only part of it, the host sees (code & 0x7f) * 2 + 1;
// the whole code crosses on the channel (kernel/channel.h).
[[noreturn]] void power_off(u8 code);

}  // namespace skerry::kernel::arch
