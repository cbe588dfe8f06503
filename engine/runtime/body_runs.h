// BodyRuns: the bodies of a module for several threads, which take runs of neighbouring functions, one after the other.
//
//   BodyRuns runs(module);
//   runs.do_all(threads, work, self);              // work(self) on each thread: while (auto run = runs.next()) ...
//   if (auto error = runs.take_failure()) ...      // of the first function of the module that has one
//
// Which thread has which run is chance; what comes of it must not depend on that.

#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "base/result.h"
#include "engine/wasm/module.h"
#include "platform/platform.h"

namespace skerry::runtime {

class BodyRuns {
 public:
  struct Run {
    FuncIndex begin, end;
    u64 bytes;  // of bodies
  };

  explicit BodyRuns(const wasm::Module& module);
  const std::vector<Run>& runs() const { return runs_; }

  // `wanted` threads, 0 for one on each processor; but one less for each `bytes_per_thread` that the code section does
  // not have, and fewer where the system refuses.
  void do_all(u32 wanted, u32 bytes_per_thread, void (*work)(void* self), void* self);

  // The number of the next run; none when all are taken, or what is left comes behind a failure.
  std::optional<u32> next();
  void note_failure(FuncIndex function, Error error);
  // When all is done.
  std::optional<Error> take_failure() { return std::move(failed_); }

 private:
  const u32 code_bytes_;
  std::vector<Run> runs_;
  std::atomic<u32> next_ = 0;
  std::atomic<u32> first_failed_ = ~u32{0};

  platform::Mutex mutex_;
  std::optional<Error> failed_;  // guarded by mutex_: of function first_failed_
};

}  // namespace skerry::runtime
