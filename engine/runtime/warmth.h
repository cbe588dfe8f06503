// Warmth: what the functions of a tiered module have come to, and what is to be done when a counter runs out
// (docs/tiers.md).
//
//            half of the threshold         the whole of it          compiled
//     Cold ------------------------> Watched ------------> Asked ------------> Hot
//                                      |  ^   <------------  |                  .
//                                      '--'      dropped     '-> Refused        .
//                     a loop of a function that is not called,         a loop of a frame of the old body:
//                                by itself:  absent ---> Asked ---> Ready, or Refused
//
// * Cold: nothing but its counter is known. With a threshold of one it is as Watched.
// * Watched: its slot went back to the stub of the first call, for one call. So it is known at the whole of the
//   threshold whether the function was called meanwhile. If not, a loop is hot and the function may never be called
//   again: a body to enter there is all that is asked for. When another frame comes to be handed over to it, and in
//   all other cases, the function is hot.
// * Asked: there is a job, or somebody does it. Who asked and sees that nobody began may do it himself. What an earlier
//   run had hot is so from the beginning.
// * Hot: the slot leads to the best body, for good, but for one call through the stub: who runs that gives the body to
//   those who have the function's entry (LazyCode). A counter that runs out is one of a frame of the old body.
// * Refused: it stays as it is, and counts as rarely as a word can.
//
// Threads: all that run the module's code come with counters, those that compile come with bodies. Everything is
// guarded by one mutex, under which nothing is waited for, but what a Ready loop body holds: that does not change.
// Slots that once led to a body are stored to here alone; the first body of a function is its owner's to store.

#pragma once

#include <atomic>
#include <unordered_map>

#include "engine/runtime/improve.h"
#include "engine/wasm/module.h"

namespace skerry::runtime {

// A body that is entered at a loop.
struct LoopBody {
  const void* code = nullptr;
  u32 frame_size = 0;
  FrameTable frame;
};

class Warmth {
 public:
  static constexpr u32 largest_loop_entries = 16;  // of a function

  // Of functions of the module's own, by their order: slots, of which `stub` is what compiles at the first call, and
  // counters.
  Warmth(const wasm::Module& module, const WarmUp& config, std::atomic<const void*>* slots, i32* counters,
         const void* stub);

  // Somebody called through the stub. A body is in the slot again: which, and whether it is there for good. Or there was
  // none yet.
  struct Called {
    const void* body = nullptr;
    bool for_good = false;
  };
  Called was_called(u32 function);
  // The body that is there for good, or null.
  const void* best(u32 function);

  struct Decision {
    enum class Kind : u8 {
      GoOn,
      Ask,    // for the job of that loop; 0: of the function
      Enter,  // the body
      Insist, // as Ask, which somebody did long ago
    } kind = Kind::GoOn;
    u32 job_loop = 0;
    const LoopBody* body = nullptr;
  };
  // An earlier run says that it will be hot. Whether it is to be asked for.
  bool expect(u32 function);
  // A counter has run out: in a prologue (0), or at the head of the loop of that number and one.
  Decision decide(u32 function, u32 loop);

  // Nobody does the job that was asked for.
  void drop(u32 function, u32 loop);
  // It is done. Null: there is no such body.
  void done(u32 function, const void* body);
  void done(u32 function, u32 loop, LoopBody body);

 private:
  enum class Stage : u8 { Cold, Watched, Asked, Hot, Refused };
  struct State {
    Stage stage = Stage::Cold;
    u8 loop_entries = 0;
    u16 looks = 0;                // since it was asked for
    const void* body = nullptr;   // from Watched on: the quick one, the best one once it is Hot
  };
  struct LoopState {
    enum class Stage : u8 { Asked, Ready, Refused } stage = Stage::Asked;
    bool was_entered = false;
    u16 looks = 0;
    LoopBody body;
  };
  static u64 loop_key(u32 function, u32 loop) { return u64{function} << 32 | loop; }

  // Under mutex_:
  LoopState* known_loop(u32 function, u32 loop);
  Decision decide_watched(u32 function, u32 loop);
  Decision decide_hot(u32 function, u32 loop);
  Decision ask_for_function(u32 function);
  std::optional<Decision> ask_for_loop(u32 function, u32 loop);
  Decision look_again(u16& looks, u32 function, u32 loop) const;
  void watch(u32 function);
  bool see_call(u32 function);

  u32 threshold_of(u32 function) const;
  void set_counter(u32 function, u32 value) {
    std::atomic_ref(counters_[function]).store(i32(value - 1), std::memory_order_relaxed);
  }

  const wasm::Module& module_;
  const WarmUp& config_;
  std::atomic<const void*>* const slots_;
  i32* const counters_;
  const void* const stub_;

  platform::Mutex mutex_;
  // Guarded by mutex_.
  std::vector<State> states_;
  std::unordered_map<u64, LoopState> loops_;
};

}  // namespace skerry::runtime
