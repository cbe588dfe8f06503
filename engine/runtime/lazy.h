// LazyCode: functions of a module compiled one by one, each at its first call; and again once they are hot.
//
//   |<- slots, counters ->|<- entries ->|<- functions ... ->|   one reservation
//
// A slot is a word per function, through which all code reaches its body; before that is
// compiled, the word leads to a stub that calls compile(). Slots lie beside the code, so that
// code can name them by distance. An entry is what tables and references hold of a function: a
// jump through its slot.
//
// Functions come one after the other into pages that are opened for some at once (platform::CodePages), the more the
// more there were, so that a function takes neither a page nor calls of the system for itself. Where a system has no
// such pages, each function has pages of its own, which are written and then published. What lies at an address is in
// either case never changed again.
//
// Threads that meet at a function compile it once. Once a slot is set it stays, unless the engine is tiered
// (docs/tiers.md): then a counter is a word per function that its quick body takes one off at each call and
// iteration; when it has run out, the body calls warm_up(), and what follows from that is Warmth's to say (warmth.h),
// which sets the slot again. Bodies stay until the module is dropped.

#pragma once

#include <atomic>
#include <deque>
#include <memory>

#include "engine/runtime/background.h"
#include "engine/runtime/warmth.h"

namespace skerry::runtime {

class Instance;
class Store;

class LazyCode final : public CodeMap {
 public:
  // The module is decoded and valid.
  explicit LazyCode(CompiledModule& module) : module_(module) {}
  ~LazyCode() override;
  Result<void> reserve();

  // Asks for what an earlier run had hot, if the engine's cache tells (hot_functions.h). Before anything runs.
  void begin_hot();

  // What something outside code may refer to a function by, for as long as the module is there: its best body, where
  // it has one, or an entry.
  const void* entry(FuncIndex function);
  // The body for a slot, for a call in the instance; null where there is no memory for it.
  const void* compile(Instance& instance, const void** slot);
  // A counter has run out: in a prologue (0), or at the head of the loop of that number and one. Answers a body to
  // which the rest of the frame is left, and fills the record for that; or null.
  const void* warm_up(Store& store, WarmUpFrame& frame, u32 loop);
  // Does a job of the background.
  void improve(u32 function, u32 loop, Improver& improver);

  std::optional<FunctionAt> find(u64 pc) const override;

 private:
  // Under mutex_.
  void note_use(u32 function);
  void keep_hot();
  const void* hand_over(Store& store, WarmUpFrame& frame, u32 function, const LoopBody& body);

  Result<const void*> compile_function(u32 index);
  // Under mutex_: brings the body to where it can run.
  Result<const void*> install(u32 index, const codegen::CompiledFunction& compiled);
  // Where code of so many bytes comes to lie next: in pages that are open, or ones of its own, which can be written.
  Result<u8*> make_room(u64 size);
  void close_pages();
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
  // By page of the reservation, the functions whose code is there, at most a page's number of lines.
  struct OnPage {
    const FunctionTable* table;
    const OnPage* next;
  };
  std::unique_ptr<std::atomic<const OnPage*>[]> pages_;

  platform::Mutex mutex_;
  // Guarded by mutex_.
  std::unique_ptr<FunctionCompiler> compiler_;
  std::deque<FunctionTable> tables_;
  std::deque<OnPage> on_pages_;
  platform::CodePages* open_ = nullptr;  // the pages up to used_
  u64 open_begin_ = 0;                   // in the reservation, where the next function may come
  u64 first_body_ = 0;                   // in the reservation
  Array<u8> code_;                       // of the function that is being brought

  std::optional<Warmth> warmth_;  // of a tiered engine
  std::vector<u32> known_hot_;    // by an earlier run
  // Guarded by mutex_: whose best code was run, those first that were first.
  std::vector<u32> used_hot_;
  std::vector<bool> is_used_hot_;
};

// What the stub of lazy compilation calls: const void* (InstanceHeader*, const void** slot).
const void* lazy_function();
// What the stub WarmUp calls.
const void* warm_up_function();

}  // namespace skerry::runtime
