#include "tools/stats.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace skerry::tools {
namespace {

u64 clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return u64(time.tv_sec) * 1'000'000'000 + u64(time.tv_nsec);
}

u64 resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  unsigned long size = 0, resident = 0;
  if (std::fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
  std::fclose(file);
  return u64{resident} * u64(sysconf(_SC_PAGESIZE));
}

// Of functions that were compiled one by one.
void print_tiers(const runtime::TierCounts& counts) {
  auto tell = [](const char* what, const std::atomic<u64>& count) {
    if (u64 n = count.load(std::memory_order_relaxed)) std::fprintf(stderr, "%8llu %s\n", (unsigned long long)(n), what);
  };
  if (counts.quick.load(std::memory_order_relaxed) == 0 && counts.best.load(std::memory_order_relaxed) == 0) return;
  std::fprintf(stderr, "\n");
  tell("functions compiled at their first call", counts.quick);
  tell("functions compiled ahead of their first call, beside the program", counts.ahead);
  tell("first calls that found their function compiled ahead", counts.found);
  tell("functions switched to the best gear", counts.best);
  tell("bodies made to be entered at a loop", counts.loops);
  tell("frames handed over at a loop", counts.entered);
  tell("loops that cannot be entered", counts.refused);
  tell("functions that stay as they are, since compiling them takes too much memory", counts.too_large);
  tell("jobs done by who had waited too long for them", counts.insisted);
  tell("functions asked for at once, since an earlier run had them hot", counts.expected);
  tell("jobs dropped, since the queue was full", counts.dropped);
}

}  // namespace

Stats::Moment Stats::now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_PROCESS_CPUTIME_ID), resident_bytes(), u64(usage.ru_maxrss) * KiB};
}

Stats::Stats() : start_(now()) {}

void Stats::end_stage(std::string_view name) { stages_.push_back({name, now()}); }

void Stats::print(const runtime::Engine& engine) const {
  std::fprintf(stderr, "%-12s %12s %12s %12s %12s\n", "stage", "ms", "cpu ms", "resident MB", "peak MB");
  auto row = [](std::string_view name, const Moment& from, const Moment& to) {
    std::fprintf(stderr, "%-12.*s %12.3f %12.3f %12.2f %12.2f\n", int(name.size()), name.data(),
                 f64(to.wall_ns - from.wall_ns) / 1e6, f64(to.processor_ns - from.processor_ns) / 1e6,
                 f64(to.resident_bytes) / f64(MiB), f64(to.peak_bytes) / f64(MiB));
  };
  const Moment* from = &start_;
  for (const Stage& stage : stages_) {
    row(stage.name, *from, stage.end);
    from = &stage.end;
  }
  row("total", start_, *from);
  print_tiers(engine.tiers());
  if (u64 slots = engine.locals_in_slots().load(std::memory_order_relaxed)) {
    std::fprintf(stderr, "%8llu times locals were kept in the frame, since as values they would be out of proportion\n",
                 (unsigned long long)(slots));
  }
  codegen::AllocationCounts allocation = engine.allocation_counts();
  if (allocation.functions == 0) return;
  using Printed = unsigned long long;
  std::fprintf(stderr, "\n%-12s %12s %12s %12s %12s\n", "pass", "ms", "functions", "work", "changes");
  std::vector<passes::PassCounts> counts = engine.pass_counts();
  for (u32 pass = 0; pass < counts.size(); ++pass) {
    const passes::PassCounts& of = counts[pass];
    std::string_view name = passes::name_of(passes::Pass(pass));
    if (of.functions == 0) continue;
    std::fprintf(stderr, "%-12.*s %12.3f %12llu %12llu %12llu\n", int(name.size()), name.data(),
                 f64(of.nanoseconds) / 1e6, Printed(of.functions), Printed(of.work), Printed(of.changes));
  }
  std::fprintf(stderr, "%-12s %12s %12llu %12llu %12llu\n", "allocate", "", Printed(allocation.functions),
               Printed(allocation.work), Printed(allocation.moves));
  if (allocation.simple)
    std::fprintf(stderr, "%llu functions were too large for more than a linear scan of registers\n",
                 Printed(allocation.simple));
}

}  // namespace skerry::tools
