#include "engine/runtime/body_runs.h"

#include <algorithm>

#include "base/array.h"

namespace skerry::runtime {
namespace {

constexpr u32 run_bytes = 32 * KiB;  // of bodies, at least, that a thread takes at a time

}  // namespace

BodyRuns::BodyRuns(const wasm::Module& module) : code_bytes_(module.code_section.size) {
  FuncIndex end = module.functions.end_key();
  for (FuncIndex at(module.imported_functions); at < end;) {
    Run& run = runs_.emplace_back(Run{at, at, 0});
    for (; at < end && run.bytes < run_bytes; at = at.next()) run.bytes += module.functions[at].body.size;
    run.end = at;
  }
}

void BodyRuns::do_all(u32 wanted, u32 bytes_per_thread, void (*work)(void* self), void* self) {
  if (wanted == 0) wanted = platform::processor_count();
  u32 threads = std::min({wanted, u32(runs_.size()), 1 + code_bytes_ / bytes_per_thread});
  Array<platform::Worker*> workers;
  // Where the system has no thread for us, those that there are do all.
  for (u32 i = 1; i < threads; ++i) {
    auto worker = platform::spawn_worker(work, self);
    if (!worker) break;
    workers.push_back(*worker);
  }
  work(self);
  for (platform::Worker* worker : workers) platform::join_worker(worker);
}

std::optional<u32> BodyRuns::next() {
  u32 run = next_.fetch_add(1, std::memory_order_relaxed);
  if (run >= runs_.size()) return std::nullopt;
  if (runs_[run].begin.raw() > first_failed_.load(std::memory_order_relaxed)) return std::nullopt;
  return run;
}

void BodyRuns::note_failure(FuncIndex function, Error error) {
  platform::MutexGuard guard(mutex_);
  if (failed_ && first_failed_.load(std::memory_order_relaxed) < function.raw()) return;
  failed_ = std::move(error);
  first_failed_.store(function.raw(), std::memory_order_relaxed);
}

}  // namespace skerry::runtime
