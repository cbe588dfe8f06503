#include "kernel/sched/stacks.h"

#include "kernel/arch/spin_lock.h"
#include "kernel/mm/address_space.h"
#include "kernel/sched/reclaim.h"

namespace skerry::kernel {
namespace {

constexpr usize most_kept = 16;
constexpr u64 most_pages = 8;  // of one that is kept

SpinLock lock;  // guards what follows
u8* kept[most_kept];
usize kept_count;

[[gnu::noinline]] Result<u8*> make_stack() {
  u8* stack = TRY(kernel::reserve_stack(stack_guard + stack_size));
  if (auto committed = kernel::commit_stack(stack + stack_guard, stack_size); !committed) {
    kernel::release(stack, stack_guard + stack_size);
    return committed.take_failure();
  }
  return stack;
}

}  // namespace

Result<u8*> take_stack() {
  {
    SpinGuard guard(lock);
    if (kept_count != 0) return kept[--kept_count];
  }
  return ask_twice(promised_stack_pages + 1, make_stack);
}

void give_stack(u8* stack) {
  if (kernel::stack_pages(stack + stack_guard) <= most_pages) {
    SpinGuard guard(lock);
    if (kept_count < most_kept) {
      kept[kept_count++] = stack;
      return;
    }
  }
  kernel::release(stack, stack_guard + stack_size);
}

void drop_kept_stacks() {
  for (;;) {
    u8* stack;
    {
      SpinGuard guard(lock);
      if (kept_count == 0) return;
      stack = kept[--kept_count];
    }
    kernel::release(stack, stack_guard + stack_size);
  }
}

}  // namespace skerry::kernel
