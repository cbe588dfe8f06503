#include "kernel/sched/sleepers.h"

#include <utility>

namespace skerry::kernel {

namespace {

// One tree of two, neither of which is below anything.
Sleeper* join(Sleeper* a, Sleeper* b) {
  if (b->deadline < a->deadline) std::swap(a, b);
  b->sibling = a->child;
  if (b->sibling) b->sibling->previous = b;
  b->previous = a;
  a->child = b;
  return a;
}

// One tree of what was below one that is gone: first by pairs, then the pairs from the last to the first.
Sleeper* join_siblings(Sleeper* first) {
  Sleeper* pairs = nullptr;  // by `sibling`, the last first
  while (first) {
    Sleeper *a = first, *b = a->sibling;
    first = b ? b->sibling : nullptr;
    a->sibling = a->previous = nullptr;
    if (b) {
      b->sibling = b->previous = nullptr;
      a = join(a, b);
    }
    a->sibling = pairs;
    pairs = a;
  }
  Sleeper* all = nullptr;
  while (pairs) {
    Sleeper* next = std::exchange(pairs->sibling, nullptr);
    all = all ? join(all, pairs) : pairs;
    pairs = next;
  }
  return all;
}

}  // namespace

void Sleepers::set_root(Sleeper* root) {
  root_ = root;
  nearest_.store(root ? root->deadline : none, std::memory_order_relaxed);
}

void Sleepers::add(Sleeper* sleeper) {
  sleeper->child = sleeper->sibling = sleeper->previous = nullptr;
  set_root(root_ ? join(root_, sleeper) : sleeper);
}

void Sleepers::remove(Sleeper* sleeper) {
  if (sleeper == root_) return set_root(join_siblings(sleeper->child));
  (sleeper->previous->child == sleeper ? sleeper->previous->child : sleeper->previous->sibling) = sleeper->sibling;
  if (sleeper->sibling) sleeper->sibling->previous = sleeper->previous;
  if (Sleeper* below = join_siblings(sleeper->child)) set_root(join(root_, below));
}

}  // namespace skerry::kernel
