#include "kernel/sched/reclaim.h"

#include "base/check.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/heap.h"
#include "kernel/sched/stacks.h"
#include "platform/platform.h"

namespace skerry::kernel {
namespace {

constinit platform::Mutex mutex;  // guards what follows, and lets one reclaim at a time
void (*give_back)(void*);
void* give_back_argument;

}  // namespace

bool reclaim_memory(u64 pages) {
  if (is_left(pages, For::Guest)) return false;  // it was refused for another reason
  platform::MutexGuard guard(mutex);
  if (!is_left(pages, For::Guest)) {  // by now
    if (give_back) give_back(give_back_argument);
    drop_kept_stacks();
    drop_free_blocks();
    take_down_released();
  }
  return is_left(pages, For::Guest);
}

Reclaimer::Reclaimer(void (*function)(void*), void* argument) {
  platform::MutexGuard guard(mutex);
  CHECK(!give_back);
  give_back = function;
  give_back_argument = argument;
}

Reclaimer::~Reclaimer() {
  platform::MutexGuard guard(mutex);
  give_back = nullptr;
}

}  // namespace skerry::kernel
