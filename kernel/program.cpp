#include "kernel/program.h"

namespace skerry::kernel {

u8 run_program(const BootInfo&, Channel& channel) {
  constexpr std::string_view text = "hello\n";
  if (channel.started()) channel.send(ToHost::Output, {reinterpret_cast<const u8*>(text.data()), text.size()});
  else arch::console_write("skerry: hello\n");
  return 0;
}

}  // namespace skerry::kernel
