// Profiler: who is told where compiled functions lie, so that a profile of the process has their names.
//
//   config.profiler = TRY(Profiler::open_perf_map(""));   // then: perf record PROGRAM; perf report
//
// It is called by whoever makes a module, or calls a function for the first time where functions are compiled
// lazily, so by several threads at once. Code stays where it is until its module goes.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "skerry/integers.h"
#include "skerry/result.h"

namespace skerry {

class Profiler {
 public:
  virtual ~Profiler() = default;
  virtual void function_added(u64 address, u64 size, std::string_view name) = 0;

  // The file in which `perf` looks for names. An empty path: /tmp/perf-PID.map, where perf expects it. The file must
  // not exist, or be this user's.
  static Result<std::shared_ptr<Profiler>> open_perf_map(std::string path);
  // The same with the code itself, for `perf record -k mono PROGRAM; perf inject --jit`. An empty path: jit-PID.dump in
  // the current folder; another has to end so.
  static Result<std::shared_ptr<Profiler>> open_jitdump(std::string path);
};

}  // namespace skerry
