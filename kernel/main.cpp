// The kernel's boot list, and its end.

#include "kernel/arch/arch.h"
#include "kernel/channel.h"
#include "kernel/dev/virtio_9p.h"
#include "kernel/mm/frames.h"
#include "kernel/program.h"
#include "kernel/sched/hart.h"
#include "kernel/terminal.h"

namespace skerry::kernel {

// What interrupt handlers and the end have to find.
static Channel channel;
static Terminal terminal;
static Virtio9pDevices file_servers;
static const BootInfo* boot_info;

// The first thread.
static void run(void*) {
  if (!channel.start(*boot_info)) terminal.start();  // the host, or a person
  arch::clock_ready();        // time, measured meanwhile
  start_harts();
  u8 code = run_program(*boot_info, channel, terminal, file_servers);
  if (channel.started()) {
    u32 message = code;
    channel.send(ToHost::Exit, {reinterpret_cast<const u8*>(&message), sizeof message});
    channel.drain();
  }
  arch::power_off(code);
}

}  // namespace skerry::kernel

namespace skerry::kernel::arch {

void kernel_main(const BootInfo& info) {
  boot_info = &info;
  start_processor();   // faults are reported
  start_frames(info);  // physical memory
  start_paging(info);  // W^X, the direct map
  start_clock();       // interrupt controllers; time begins
  start_threads(run);  // a stack that grows
}

void device_interrupt(u32 line) {
  channel.device_interrupt(line);
  terminal.device_interrupt(line);
  file_servers.device_interrupt(line);
}

void stop(std::string_view what) {
  constexpr u8 exit_stopped = 127;
  console_write("skerry: the kernel stops: ");
  console_write(what);
  console_write("\n");
  power_off(exit_stopped);
}

}  // namespace skerry::kernel::arch
