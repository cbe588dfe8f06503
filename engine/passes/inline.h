// inline: puts the instructions of small functions in place of calls of them.
//
//   block b: ...; x = call f(a); rest      =>    block b: ...; f's entry with a for its parameters
//                                                f's other blocks, in the loop around b
//                                                block (x): rest
//
// The IR of a callee is what translation makes of its body, whoever asks: what becomes of a function depends on the
// module alone, not on the order in which functions are compiled, nor on the thread. A callee is translated for each
// call that it is put in place of; what comes of it is copied front to back. Calls in it are looked at in turn, up to
// a few deep, but never of a function that is being put in place already. A budget in proportion to the body bounds
// all of it.
//
// A callee that ends by a tail call stays a call: it would leave its frame, which is the caller's now. So does one that
// never returns, since that is where programs go that have failed. What a callee costs is known once it was
// translated: a call in its body may hand on a thousand values, and two bytes of it then make thousands of entries.
//
// Traps and backtraces tell of the callee as if it had been called: its instructions have positions of their own, by
// which ir::InlinedCall tells the function and the call. Fuel is taken by instructions, which come along. The check
// of the stack's limit goes with the call; any cycle of calls has one left, in whatever is called still.

#pragma once

#include <optional>
#include <vector>

#include "engine/ir/builder.h"
#include "engine/passes/pass.h"
#include "engine/translate/translate.h"

namespace skerry::passes {

// Where the IR of callees comes from: of one module, for one thread. With the options, and the arrays, of whoever
// translates the callers.
class Callees {
 public:
  Callees(const wasm::Module& module, Features features, const translate::Options& options, translate::Scratch& scratch)
      : module_(module), features_(features), options_(options), scratch_(scratch) {}

  const wasm::Module& module() const { return module_; }
  // Whether the function may stand in place of a call where so much of the budget is left, so far as is known.
  bool may_inline(FuncIndex function, u64 budget) const {
    if (function.raw() < module_.imported_functions || module_.functions[function].body.size > budget) return false;
    return costs_.empty() || (costs_[function.raw()] != unsuitable && costs_[function.raw()] <= budget);
  }
  // Writes the function's IR and gives what it takes of the budget, the most of its bytes and of what they make;
  // nothing if it cannot stand in place of a call, or is not valid.
  std::optional<u32> translate(FuncIndex function, ir::Function& out);

 private:
  const wasm::Module& module_;
  const Features features_;
  const translate::Options options_;
  translate::Scratch& scratch_;
  static constexpr u16 unsuitable = 0xffff;
  std::vector<u16> costs_;  // by function, found by translating it: 0 where that was not yet; empty while there is none
};

class InlineCalls {
 public:
  // Bytes of a callee's body, at most, outside of loops and in them. Of all in one function, beside as many as it has
  // itself; instructions and list entries count as bytes where there are more of them.
  static constexpr u32 small = 32, small_in_loop = 96, spare = 64;
  static constexpr u32 most_deep = 3;

  PassOutcome run(Callees& callees, ir::Function& function);

 private:
  static constexpr u32 none = ~u32{0};

  // A body that is copied: of the function itself, and of callees within each other.
  struct Body {
    ir::Function made;               // the callee's
    ir::Function* from = nullptr;
    u32 body_begin = 0;              // where it is in the .wasm, and from where its positions are counted here
    u32 body_size = 0;
    u32 positions = 0;
    ir::Loop around;                 // of the call
    std::vector<u32> renamed;        // by value
    std::vector<u32> new_blocks;     // by block
    std::vector<u32> waiting;        // by block: the last target to it that waits for its number, chained by extra
    std::vector<u32> new_loops;      // by loop
    std::vector<u32> moved_targets;  // by place in from's extra: the place of the target copied
    u32 inlined_call = none;         // the last in it that a callee was put in place of
    std::vector<u32> results;        // of that call
  };

  bool may_inline(const ir::Function& function) const;
  bool wants(u32 depth, const ir::Inst& call) const;
  void begin(Body& body);
  void copy_body(u32 depth);
  void begin_block(u32 depth, ir::Block block);
  void copy(u32 depth, ir::Value value);
  void inline_call(u32 depth, ir::Value call);
  void copy_terminator(u32 depth, ir::Block block);
  void return_to_caller(u32 depth, ir::Block block, const ir::Inst& inst);
  void patch(u32 chain, ir::Block block);
  u32 move_list(const Body& body, u32 at, u32 fixed, u32 values);
  u32 move_target(Body& body, u32 target);
  u32 position_of(const Body& body, ir::Value value) const;

  const wasm::Module* module_ = nullptr;
  Callees* callees_ = nullptr;
  ir::Function out_;
  std::optional<ir::Builder> builder_;
  Body bodies_[1 + most_deep];
  std::vector<u32> returned_;  // what the last callee has returned, where nothing else leads behind its call
  u32 returns_ = none;         // the last target of a return that waits for the block behind the call
  u64 budget_ = 0;
  u64 work_ = 0;
  u64 changes_ = 0;
};

}  // namespace skerry::passes
