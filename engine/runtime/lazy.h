// LazyCode: functions of a module compiled one by one, each at its first call; and again once they are hot.
//
//   |<- slots, counters ->|<- entries ->|<- functions, each on pages of its own ... ->|   one reservation
//
// A slot is a word per function, through which all code reaches its body; before that is
// compiled, the word leads to a stub that calls compile(). Slots lie beside the code, so that
// code can name them by distance. An entry is what tables and references hold of a function: a
// jump through its slot. Pages are written, published and never written again, so that a
// function takes at least one.
//
// Threads that meet at a function compile it once. Once a slot is set it stays, unless the engine is tiered
// (docs/tiers.md): then it is set once more, to the function's body by the best gear. A counter is a word per function
// that its quick body takes one off at each call and iteration; when it has run out, the body calls warm_up(). Bodies
// stay until the module is dropped.

#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <unordered_map>

#include "engine/runtime/background.h"
#include "engine/runtime/improve.h"

namespace skerry::runtime {

class Store;

class LazyCode final : public CodeMap {
 public:
  // The module is decoded and valid.
  explicit LazyCode(CompiledModule& module) : module_(module) {}
  ~LazyCode() override;
  Result<void> reserve();

  // The permanent entry of a function that something outside code may refer to.
  const void* entry(FuncIndex function) const;
  // The body for a slot; null where there is no memory for it.
  const void* compile(const void** slot);
  // A counter has run out: in a prologue (0), or at the head of the loop of that number and one. Answers a body to
  // which the rest of the frame is left, and fills the record for that; or null.
  const void* warm_up(Store& store, WarmUpFrame& frame, u32 loop);
  // Does a job of the background.
  void improve(u32 function, u32 loop, Improver& improver);

  std::optional<FunctionAt> find(u64 pc) const override;

 private:
  static constexpr u32 largest_loop_entries = 16;  // of a function

  // Of a function, by its counter.
  enum class Warmth : u8 {
    Cold,
    Asked,    // there is a job, or somebody makes one
    Hot,      // the slot leads to its best body
    Refused,  // it will not be compiled again
  };
  struct State {
    Warmth warmth = Warmth::Cold;
    u8 loop_entries = 0;
    const void* quick = nullptr;  // its body, once half of the threshold was reached
  };
  // A body that is entered at a loop.
  struct LoopBody {
    enum class State : u8 { Asked, Ready, Refused } state = State::Asked;
    bool was_entered = false;
    const void* code = nullptr;
    u32 frame_size = 0;
    FrameTable frame;
  };
  static u64 loop_key(u32 function, u32 loop) { return u64{function} << 32 | loop; }

  // What to do about a counter that has run out: with the body to enter, or the job to ask for.
  struct Decision {
    enum class Kind : u8 { GoOn, Ask, Enter } kind = Kind::GoOn;
    u32 job_loop = 0;
    const LoopBody* body = nullptr;
  };
  Decision decide(u32 index, u32 loop);
  // Under warm_up_mutex_: whether the function was called since its slot was taken back.
  bool was_called(u32 index);
  void take_back(u32 index, u32 loop);
  const void* hand_over(Store& store, WarmUpFrame& frame, const LoopBody& body);
  void set_counter(u32 index, u32 value) {
    std::atomic_ref(counters_[index]).store(i32(value - 1), std::memory_order_relaxed);
  }

  Result<const void*> compile_function(u32 index);
  // Under mutex_: brings the body to where it can run.
  Result<const void*> install(u32 index, const codegen::CompiledFunction& compiled);
  Result<void> make_entries();
  // Pages for so many bytes, writable.
  Result<u8*> allocate(u64 size);

  CompiledModule& module_;
  u8* base_ = nullptr;
  u64 reserved_ = 0;
  u64 used_ = 0;
  u32 count_ = 0;
  std::atomic<const void*>* slots_ = nullptr;
  i32* counters_ = nullptr;  // behind the slots
  std::vector<const void*> entries_;  // by function; null for those that nothing refers to
  // By page of the reservation, the function whose code is there.
  std::unique_ptr<std::atomic<const FunctionTable*>[]> pages_;

  platform::Mutex mutex_;
  // Guarded by mutex_.
  std::unique_ptr<FunctionCompiler> compiler_;
  std::deque<FunctionTable> tables_;

  platform::Mutex warm_up_mutex_;
  // Guarded by warm_up_mutex_; what is ready does not change.
  std::vector<State> states_;
  std::unordered_map<u64, LoopBody> loop_bodies_;
};

// What the stub of lazy compilation calls: const void* (InstanceHeader*, const void** slot).
const void* lazy_function();
// What the stub WarmUp calls.
const void* warm_up_function();

}  // namespace skerry::runtime
