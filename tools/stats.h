// Stats: the time and memory of the stages of a run, for --stats.

#pragma once

#include <string_view>
#include <vector>

#include "base/types.h"
#include "engine/runtime/engine.h"

namespace skerry::tools {

class Stats {
 public:
  Stats();
  // What went on since the one before, or since the start.
  void end_stage(std::string_view name);
  // A table on standard error; with what passes did, where any did.
  void print(const runtime::Engine& engine) const;

 private:
  struct Moment {
    u64 wall_ns;
    u64 processor_ns;   // of all threads
    u64 resident_bytes;
    u64 peak_bytes;     // the most that was resident so far
  };
  static Moment now();

  struct Stage {
    std::string_view name;
    Moment end;
  };
  Moment start_;
  std::vector<Stage> stages_;
};

}  // namespace skerry::tools
