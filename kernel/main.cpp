// The kernel's boot list.

#include "kernel/arch/arch.h"

namespace skerry::kernel {

extern "C" [[noreturn]] void kernel_entry(u64 start_info) {
  (void)start_info;
  arch::console_write("skerry: hello\n");
  arch::power_off(0);
}

}  // namespace skerry::kernel
