// Sleepers: threads that wait for an instant, the nearest first.
//
// A pairing heap (Fredman, Sedgewick, Sleator and Tarjan, "The Pairing Heap: A New Form of Self-Adjusting Heap", 1986)
// through the threads themselves, so that waiting takes no memory: a tree in which no child is nearer than what is
// above it. Adding takes constant time, taking one out logarithmic time, on average over all that is done.

#pragma once

#include <atomic>

#include "base/types.h"

namespace skerry::kernel {

// What a thread has for it.
struct Sleeper {
  u64 deadline;
  Sleeper* child;     // the first below it
  Sleeper* sibling;   // the next below what is above it
  Sleeper* previous;  // whose child or sibling it is; null for the first of all
};

class Sleepers {
 public:
  static constexpr u64 none = ~u64{0};

  // The nearest deadline. May be read without the lock that guards the rest.
  u64 nearest() const { return nearest_.load(std::memory_order_relaxed); }
  Sleeper* first() const { return root_; }
  void add(Sleeper* sleeper);
  void remove(Sleeper* sleeper);

 private:
  void set_root(Sleeper* root);

  Sleeper* root_ = nullptr;
  std::atomic<u64> nearest_ = none;
};

}  // namespace skerry::kernel
