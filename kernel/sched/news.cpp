#include "kernel/sched/news.h"

#include "kernel/sched/thread.h"

namespace skerry::kernel {

static u32 word;

const u32* news() { return &word; }

void make_news() {
  bool interrupts = arch::disable_interrupts();
  ++word;
  wake_threads(&word);
  if (interrupts) arch::enable_interrupts();
}

}  // namespace skerry::kernel
