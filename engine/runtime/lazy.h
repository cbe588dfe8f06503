// LazyCode: functions of a module compiled one by one, each at its first call; and again once they are hot.
//
//   |<- slots, counters ->|<- entries ->|<- functions ... ->|   one reservation
//
// A slot is a word per function, through which all code reaches its body; before that is
// compiled, the word leads to a stub that calls compile(). Slots lie beside the code, so that
// code can name them by distance. An entry is what tables and references hold of a function: a
// jump through its slot.
//
// Functions come one after the other into pages that are opened for some at once (code_writer.h), those that are
// compiled for a call and those that are compiled beside the program each by a writer of their own, so that neither
// waits for the other.
//
// Threads that meet at a function compile it once. What is compiled for a call is so one after the other; beside that
// the background of a tiered engine compiles ahead of calls (ahead.h), into bodies that are in no slot before the first
// call comes for them. Who calls what the background is at work on does the next of its functions meanwhile, and his
// own when it takes too long: nobody waits for the background.
//
// Once a slot is set it stays, unless the engine is tiered (docs/tiers.md): then a counter is a word per function that
// its quick body takes one off at each call and iteration; when it has run out, the body calls warm_up(), and what
// follows from that is Warmth's to say (warmth.h), which sets the slot again. Bodies stay until the module is dropped.

#pragma once

#include <atomic>
#include <deque>
#include <memory>

#include "engine/runtime/ahead.h"
#include "engine/runtime/background.h"
#include "engine/runtime/code_writer.h"
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
  // Compiles one function ahead of its call. False: there is none for now.
  bool work_ahead(Improver& improver);

  std::optional<FunctionAt> find(u64 pc) const override;

 private:
  // A function that was compiled: its code, where it can run, and what is to be told of it. Of this nobody knows yet.
  struct NewBody {
    const u8* code = nullptr;  // null: there is none
    std::span<const codegen::Relocation> relocations;  // until its compiler begins with the next
    FunctionTable table;
  };
  struct Writer {
    CodeWriter pages;
    Array<u8> code, sites;  // of the function that is being brought
  };

  // Under mutex_.
  void note_use(u32 function);
  void keep_hot();
  const void* hand_over(Store& store, WarmUpFrame& frame, u32 function, const LoopBody& body);

  // The first call of a function, or one that Warmth wants to see. Sets rouses where the background is to work ahead.
  const void* body_at_call(Instance& instance, u32 index, bool& rouses);
  // Under mutex_: the body, if there is one.
  const void* known_body(Instance& instance, u32 index);
  const void* publish_at_call(u32 index, NewBody& body, bool& rouses);
  void set_first_body(u32 index, const void* body);
  void keep_ahead(u32 index, NewBody& body);
  const void* publish(NewBody& body);  // null if there is none
  NewBody compile_function(u32 index);  // under compiling_
  // By whoever has the writer.
  NewBody bring(u32 index, Result<const codegen::CompiledFunction*> made, Writer& writer) const;
  NewBody bring_beside(u32 index, Result<const codegen::CompiledFunction*> made);
  u64 body_size(u32 index) const;
  bool has_memory_for(u32 index) const;
  Result<void> make_entries();

  CompiledModule& module_;
  CodeSpace space_;
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

  platform::Mutex compiling_;  // taken before mutex_
  // Guarded by compiling_.
  std::unique_ptr<FunctionCompiler> compiler_;
  Writer writer_{CodeWriter(space_), {}, {}};

  platform::Mutex bringing_;
  Writer writer_beside_{CodeWriter(space_), {}, {}};  // guarded by bringing_

  platform::Mutex mutex_;
  // Guarded by mutex_.
  std::optional<Ahead> ahead_;  // of a tiered engine with a background
  std::deque<FunctionTable> tables_;
  std::deque<OnPage> on_pages_;

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
