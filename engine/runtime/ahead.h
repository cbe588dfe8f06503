// Ahead: which functions of a lazily compiled module are compiled before their first calls, beside the program that is
// about to make them (docs/tiers.md), and what was made of them.
//
//                claim()          made()                take()
//     Untouched ---------> Claimed ------> Made --------------------> Called
//         |                   |                                          ^
//         |                   '-----> Passed, by dropped() --------------+
//         '--- begin_call() --------> Passed ---------------- called() --'
//
// Candidates are what a function calls directly, when it was called itself: last in, first out, and in the order of its
// code, which is that of a walk through the calls. When they run out it is those that lie behind the one that was
// called last. All is bounded by bytes of bodies:
//
// * Nothing is done before `begins_at` of them were called, so that a short program knows nothing of it.
// * What was claimed and not called is at most `spare`, and as much as was claimed and called, and an eighth of all
//   that was called, and never more than `most`. Where guesses are bad there are few of them.
//
// Not for threads: LazyCode's mutex guards it.

#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/codegen/target.h"
#include "engine/wasm/module.h"

namespace skerry::runtime {

class Ahead {
 public:
  static constexpr u64 begins_at = 64 * KiB;
  static constexpr u64 spare = 64 * KiB;

  Ahead(const wasm::Module& module, u64 most);

  // By its place among the module's own: a function that nobody knows to be called, which the caller compiles now.
  // None: there is no candidate, or enough was made in vain.
  std::optional<u32> claim();
  bool is_claimed(u32 function) const { return stages_[function] == Stage::Claimed; }

  // What was claimed is compiled; if it is claimed still: who called it meanwhile may have made a body himself.
  void made(u32 function, const void* body, std::span<const codegen::Relocation> relocations);
  // It could not be compiled now; when it is called, somebody tries again.
  void dropped(u32 function);

  // The first call: the body that was made ahead of it, or null.
  const void* take(u32 function);
  // Whoever calls it is about to compile it, which nobody else is to begin.
  void begin_call(u32 function);
  // The first call, for which whoever calls has compiled it.
  void called(u32 function, std::span<const codegen::Relocation> relocations);

  // Whether there is enough to do for somebody to begin; from then on claim() is asked until it says none.
  bool should_begin();

 private:
  enum class Stage : u8 { Untouched, Claimed, Made, Passed, Called };

  u64 size_of(u32 function) const;
  bool may_claim(u32 function) const;
  std::optional<u32> candidate();
  void note_call(u32 function);
  void add_callees(std::span<const u32> callees);
  std::span<const u32> callees_of(std::span<const codegen::Relocation> relocations);

  const wasm::Module& module_;
  const u64 most_;
  Array<Stage> stages_;
  Array<const void*> bodies_;                           // of what is Made
  std::unordered_map<u32, Array<u32>> callees_of_made_;  // where there are any
  Array<u32> candidates_;                 // the last is the next
  Array<u32> callees_;                    // in use by one call
  u32 last_called_ = 0;
  u32 behind_ = 0;   // the last one called: how many of the functions there were looked at
  u64 called_ = 0;   // bytes of bodies
  u64 guessed_ = 0;  // of them, those that had been claimed
  u64 in_vain_ = 0;  // so far: claimed, and not called
  u64 rested_at_ = 0;  // called_, when there was nothing to do
  bool is_at_work_ = false;
};

}  // namespace skerry::runtime
