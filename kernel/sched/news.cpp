#include "kernel/sched/news.h"

#include "kernel/sched/thread.h"

namespace skerry::kernel {

static u32 count;

// Functions and not a variable: a compiler may look at what is waited for before it reads a variable.
u32 news() { return __atomic_load_n(&count, __ATOMIC_ACQUIRE); }

void wait_for_news(u32 seen, u64 deadline_ns) { wait_for_word(&count, seen, deadline_ns); }

void make_news() {
  __atomic_fetch_add(&count, 1, __ATOMIC_RELEASE);
  wake_threads(&count);
}

}  // namespace skerry::kernel
