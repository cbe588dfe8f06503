// runtime::Engine: what all modules and stores of one Config share (skerry/engine.h).
//
// Everything in it is for any thread; locks are in the parts.

#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "engine/codegen/target.h"
#include "engine/passes/pipeline.h"
#include "engine/runtime/background.h"
#include "engine/runtime/code_memory.h"
#include "engine/runtime/func_records.h"
#include "engine/runtime/memory_pool.h"
#include "engine/runtime/signatures.h"
#include "engine/wasm/features.h"
#include "engine/wasm/limits.h"
#include "platform/platform.h"
#include "skerry/config.h"

namespace skerry::runtime {

// What became of functions that were compiled one by one. For people; each is counted by itself.
struct TierCounts {
  std::atomic<u64> quick = 0;     // functions, at their first call
  std::atomic<u64> ahead = 0;     // functions by the same gear, ahead of their first call
  std::atomic<u64> found = 0;     // first calls that found their function compiled ahead
  std::atomic<u64> best = 0;      // functions that went on in the best gear: slots that were switched
  std::atomic<u64> too_large = 0; // functions that stay as they are, since compiling them again takes too much memory
  std::atomic<u64> loops = 0;     // bodies that are entered at a loop
  std::atomic<u64> refused = 0;   // loops for which there is none
  std::atomic<u64> entered = 0;   // frames that were handed over to such a body
  std::atomic<u64> expected = 0;  // functions that were asked for at once, since an earlier run had them hot
  std::atomic<u64> dropped = 0;   // jobs for which the queue was full
  std::atomic<u64> insisted = 0;  // jobs that waited too long, and were done by who asked
};

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  static Result<std::shared_ptr<Engine>> create(const Config& config);

  const Config& config() const { return config_; }
  Features features() const { return features_; }
  const codegen::Target& target() const { return *target_; }
  // Whether the code that is made can run in this process.
  bool runs_here() const { return runs_here_; }
  const codegen::Settings& settings() const { return settings_; }
  // Whether functions begin in the quick gear and go on in the best.
  bool is_tiered() const {
    return config_.gear == Gear::Tiered && config_.optimisation != Optimisation::None && runs_here_;
  }
  bool may_be_signalled() const { return config_.signal_handlers == SignalHandlers::Allowed; }
  // Everything that compiled code depends on beside its module, in words: for keys and for people.
  std::string describe() const;

  Background& background() { return background_; }
  TierCounts& tiers() const { return tiers_; }

  // Compilations in which a function's locals were kept in its frame, since as values they would be out of proportion.
  std::atomic<u64>& locals_in_slots() const { return locals_in_slots_; }

  // Those that functions go through; none in the quick gear.
  passes::PassSet passes() const { return passes_; }
  // What passes have done so far in all compilations: by Pass.
  std::vector<passes::PassCounts> pass_counts() const;
  codegen::AllocationCounts allocation_counts() const;
  void add_counts(std::span<const passes::PassCounts> passes, const codegen::AllocationCounts& allocation) const;

  Signatures& signatures() { return signatures_; }
  MemoryPool& memories() { return memories_; }
  // The plan of a memory of the given maximum in pages.
  BoundsPlan bounds_plan(u64 maximum_pages) const {
    return settings_.bounds.faults ? settings_.bounds
                                   : BoundsPlan::checked(std::max<u64>(maximum_pages, 1) * page_size);
  }

  // For InstanceHeader::builtins.
  const void* const* builtins() const { return builtins_.data(); }
  // The stub that unwinds, for fault handlers.
  const void* unwind() const { return unwind_; }
  const void* compile_lazily() const { return compile_lazily_; }

  SpacePool& func_record_spaces() { return func_record_spaces_; }
  // For tables that may grow beyond a few elements.
  SpacePool& table_spaces() { return table_spaces_; }
  // What is kept for the next instances goes, where the host is short of memory.
  void drop_pools() {
    memories_.drop_free();
    func_record_spaces_.drop_kept();
    table_spaces_.drop_kept();
  }

 private:
  Engine(const Config& config, Features features, std::unique_ptr<codegen::Target> target, bool runs_here);
  Result<void> make_stubs();

  const Config config_;
  const Features features_;
  const std::unique_ptr<codegen::Target> target_;
  const bool runs_here_;
  codegen::Settings settings_;
  passes::PassSet passes_ = 0;

  mutable platform::Mutex counts_mutex_;
  mutable passes::PassCounts pass_counts_[u32(passes::Pass::Count)] = {};  // guarded by counts_mutex_
  mutable codegen::AllocationCounts allocation_counts_;                    // the same

  mutable std::atomic<u64> locals_in_slots_ = 0;
  mutable TierCounts tiers_;
  Background background_;

  CodeMemory stub_code_;
  Array<const void*> builtins_;
  const void* unwind_ = nullptr;
  const void* compile_lazily_ = nullptr;

  MemoryPool memories_;
  SpacePool func_record_spaces_{FuncRecords::space_size};
  SpacePool table_spaces_{(u64{limits::table_elements} + 1) * sizeof(TableEntry)};
  Signatures signatures_;
};

}  // namespace skerry::runtime
