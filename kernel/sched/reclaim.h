// What is kept so that the next one is quick: stacks of threads, blocks and extents of the heap, and what the engine
// keeps of memories and spaces. It is promised and used, and nobody's; it goes when a guest would else be refused.

#pragma once

#include "kernel/mm/frames.h"

namespace skerry::kernel {

// Gives all of that back if guests cannot be promised so many pages as it is. True: now they can. By threads that hold
// none of the locks that the engine's pools take.
bool reclaim_memory(u64 pages);

// What asks for so many pages is asked again where there are some to be had that way.
template <class Ask>
auto ask_twice(u64 pages, Ask&& ask) {
  auto answer = ask();
  if (!answer && reclaim_memory(pages)) answer = ask();
  return answer;
}

// Called to give back what the engine keeps, as long as this is there. At most one at a time.
class Reclaimer {
 public:
  Reclaimer(void (*give_back)(void*), void* argument);
  ~Reclaimer();
  Reclaimer(const Reclaimer&) = delete;
};

}  // namespace skerry::kernel
