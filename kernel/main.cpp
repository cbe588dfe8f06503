// The kernel's boot list.

#include "kernel/arch/arch.h"
#include "kernel/mm/frames.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel {

static void run(void*) {
  arch::console_write("skerry: hello\n");
  arch::power_off(0);
}

}  // namespace skerry::kernel

namespace skerry::kernel::arch {

void kernel_main(const BootInfo& info) {
  start_processor();
  start_frames(info);
  start_paging(info);
  start_clock();
  clock_ready();
  start_threads(run);
}

void device_interrupt(u32) {}

void stop(std::string_view what) {
  console_write("skerry: the kernel stops: ");
  console_write(what);
  console_write("\n");
  power_off(127);
}

}  // namespace skerry::kernel::arch
