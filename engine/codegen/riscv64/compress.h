// Compressed instructions (volume I, "C" Standard Extension).

#pragma once

#include "base/types.h"

namespace skerry::riscv64 {

// The instruction of 16 bits that does what this one of 32 bits does, or 0 if there is none.
u16 compress(u32 word);

}  // namespace skerry::riscv64
