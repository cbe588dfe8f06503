// Background: compiles functions that have become hot, beside the programs that run (docs/tiers.md).
//
// A bounded queue of jobs, first in, first out, and threads that do them, each started when there is more to do than
// others are at work on. Modules for which functions are to be compiled ahead of their first calls (ahead.h) come
// before that, a function at a time: somebody is about to wait for those, and a module has few of them at once. Where
// there is much of that, more threads help, while no more than were asked for do jobs. They come behind all others who
// want a processor, on platforms that can tell them apart, but while somebody waits for what they do. Where the engine
// wants no thread, or the platform has none, whoever asks does the job himself, and so does who cannot wait any longer.
//
// All may be called by any thread. A module takes its jobs out before it goes.

#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "platform/platform.h"

namespace skerry::runtime {

class LazyCode;
class Improver;

class Background {
 public:
  struct Job {
    LazyCode* code;
    u32 function;  // of the module's own
    u32 loop;      // 0: the function from its beginning; else the number of the loop at which it is entered, and one
    u32 ahead = 0; // of a turn at working ahead: which request for it this was
    bool operator==(const Job&) const = default;
  };
  enum class Outcome : u8 {
    Queued,
    Done,     // by the caller's thread
    Dropped,  // the queue is full
  };

  // `threads` for jobs. `all`: with those that compile ahead alone, and the program's own; 0: as many as processors.
  Background(u32 threads, u32 all, u32 capacity) : threads_(threads), all_(all), capacity_(capacity) {}
  ~Background();
  Background(const Background&) = delete;

  Outcome add(const Job& job);
  // One for which nobody waits. False: the queue has no room for it, or nobody would do it.
  bool offer(const Job& job);
  // Functions of it are to be compiled ahead until it says that there is none. False: nobody would do it.
  bool work_ahead(LazyCode& code);
  // One that was added: where nobody has begun with it, the caller does it.
  Outcome insist(const Job& job);
  // There is no job of this code any more, and none will be added.
  void forget(const LazyCode& code);

 private:
  // Under the mutex. None: there is no thread.
  std::optional<Outcome> put(const Job& job, usize capacity);
  bool has_worker();   // under the mutex; one more, if there is more to do
  void spawn_worker();  // under the mutex
  u32 most_workers() const;
  // Under the mutex: what is to be done next, of that module if it is given.
  std::optional<Job> next(const LazyCode* code);
  void do_job(const Job& job, Improver& improver);
  static void do_here(const Job& job);
  static void run(void* self);
  void work();
  void tell();  // under the mutex: whoever waits looks again
  void wait();  // under the mutex, which is free meanwhile
  void set_kind(platform::WorkerKind kind);  // under the mutex

  const u32 threads_;
  const u32 all_;
  const u32 capacity_;

  platform::Mutex mutex_;
  // Guarded by mutex_.
  std::deque<Job> queue_;
  struct AheadWork {
    LazyCode* code;
    u32 request;
  };
  std::deque<AheadWork> ahead_;
  u32 last_request_ = 0;
  u32 turns_ = 0;         // at working ahead, since a worker was added
  u32 jobs_at_work_ = 0;
  std::vector<platform::Worker*> workers_;
  std::vector<const LazyCode*> at_work_;  // whose jobs are being done
  u32 hurried_ = 0;                       // who waits for the end of a job
  bool is_refused_ = false;               // the platform has no thread for us
  bool stops_ = false;
  u32 news_ = 0;  // changes with each tell(); also read by those who wait
};

}  // namespace skerry::runtime
