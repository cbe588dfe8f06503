// Waiting and waking.
//
// Threads that wait are in buckets by the hash of their word; those with a deadline are among the sleepers of the hart
// that they left besides. No wake-up is lost between a thread's look at the word and its wait:
//
// * It counts itself in its bucket and then looks at the word. Who wakes has changed the word, and then looks at the
//   count. One of the two sees the other; where both do, the bucket's lock puts them in an order.
// * The same with wait_word and wake_pending, for who wakes a thread and not a word.
// * A deadline that passes finds the thread in its bucket by wait_word, which only changes under the bucket's lock. It
//   does so under the sleepers' lock, which a thread takes before it comes back from its wait: so the thread is there.

#include "kernel/sched/thread.h"

#include "base/check.h"
#include "kernel/sched/hart.h"

namespace skerry::kernel {
namespace {

struct Bucket {
  std::atomic<u32> count;
  SpinLock lock;
  ThreadList threads;
};
Bucket buckets[256];
Bucket& bucket_of(const u32* word) { return buckets[(u64(word) * 0x9e3779b97f4a7c15) >> 56]; }

Thread* thread_of(Sleeper* sleeper) {
  return reinterpret_cast<Thread*>(reinterpret_cast<u8*>(sleeper) - offsetof(Thread, sleeper));
}

// Under the bucket's lock.
void take_out(Bucket& bucket, Thread* thread) {
  bucket.threads.remove(thread);
  bucket.count.fetch_sub(1, std::memory_order_relaxed);
  thread->wait_word.store(nullptr);
}

// Ends the thread's wait for a word, if it waits. With interrupts off; the thread must not end meanwhile.
bool end_wait(Thread* thread) {
  while (const u32* word = thread->wait_word.load()) {
    Bucket& bucket = bucket_of(word);
    bucket.lock.take();
    bool waits = thread->wait_word.load(std::memory_order_relaxed) == word;
    if (waits) take_out(bucket, thread);
    bucket.lock.release();
    if (!waits) continue;  // for another by now, or none
    make_ready(thread);
    return true;
  }
  return false;
}

void sleep_on(Hart& hart, Thread& thread, u64 deadline_ns) {
  hart.sleepers_lock.take();
  thread.sleeper.deadline = deadline_ns;
  hart.sleepers.add(&thread.sleeper);
  thread.is_sleeper = true;
  hart.sleepers_lock.release();
}

// Whatever ended its wait: who has the lock may still be about to look at the thread.
void leave_sleepers(Hart& hart, Thread& thread) {
  hart.sleepers_lock.take();
  if (thread.is_sleeper) hart.sleepers.remove(&thread.sleeper);
  thread.is_sleeper = false;
  hart.sleepers_lock.release();
}

}  // namespace

void wait_for_word(const u32* word, u32 expected, u64 deadline_ns) {
  NoInterrupts no_interrupts;
  if (deadline_ns != never && deadline_ns <= arch::monotonic_ns()) return;
  Thread& self = current_thread();
  Hart& hart = *self.hart.load(std::memory_order_relaxed);  // which it comes back to only by chance
  CHECK(!hart.in_interrupt);
  Bucket& bucket = bucket_of(word);
  bucket.lock.take();
  bucket.count.fetch_add(1);
  self.wait_word.store(word);
  bucket.threads.append(&self);
  if (self.wake_pending.exchange(false) || __atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) {
    take_out(bucket, &self);
    return bucket.lock.release();
  }
  bucket.lock.release();
  // From here on it may be made ready: it is then in this hart's queue, and goes on when it has given way.
  if (deadline_ns == never) return give_way(hart, self);
  sleep_on(hart, self, deadline_ns);
  give_way(hart, self);
  leave_sleepers(hart, self);
}

void wake_sleepers(Hart& hart, u64 now) {
  if (hart.sleepers.nearest() > now) return;
  hart.sleepers_lock.take();
  while (hart.sleepers.nearest() <= now) {
    Thread* thread = thread_of(hart.sleepers.first());
    hart.sleepers.remove(&thread->sleeper);
    thread->is_sleeper = false;
    end_wait(thread);
  }
  hart.sleepers_lock.release();
}

void yield_thread() {
  NoInterrupts no_interrupts;
  wake_sleepers(this_hart(), arch::monotonic_ns());
  current_thread().turn_end = 0;
  give_way_ready();
}

// Wakes them in the order in which they came, until `is_enough` says so of one.
template <class Enough>
static void wake_until(const u32* word, Place place, Enough&& is_enough) {
  Bucket& bucket = bucket_of(word);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);  // the change of the word before the look at the count
  if (bucket.count.load(std::memory_order_relaxed) == 0) return;
  SpinGuard guard(bucket.lock);
  for (Thread* thread = bucket.threads.first; thread;) {
    Thread* next = thread->next;
    if (thread->wait_word.load(std::memory_order_relaxed) == word) {
      take_out(bucket, thread);
      if (is_enough(make_ready(thread, place))) return;
    }
    thread = next;
  }
}

void wake_threads(const u32* word) {
  wake_until(word, Place::InTurn, [](bool) { return false; });
}

void wake_next_thread(const u32* word) {
  wake_until(word, Place::NextWithinTurn, [](bool comes_next) { return comes_next; });
}

void wake_thread(Thread& thread) {
  NoInterrupts no_interrupts;
  thread.wake_pending.store(true);
  if (end_wait(&thread)) thread.wake_pending.store(false);
}

}  // namespace skerry::kernel
