// thread: a jump to a loop's head that then chooses by a constant -> a jump to what it chooses.
//
// A state machine is a loop with a br_table whose index is a parameter of the head, or is computed of it in a few
// steps: the state, which is a constant on most ways back. For each such constant the loop is written once more, from
// the head on, with the state known: in that copy the choice is made. A jump back with that constant goes to its head.
//
//   loop head(s, x): .. br_table s, A, B    A: .. jump tail(1)    B: .. branch c, tail(0), tail(1)
//        tail(t): .. jump head(t, y)
//
//   =>  loop head0(x): .. A: .. tail1: .. jump head1(y)
//         loop head1(x): .. B: .. branch c, tail0, tail1    tail0: .. jump head0(y)    tail1: .. jump head1(y)
//
// What is copied is what can be reached: of the choice one side. Blocks between the place where the constant is named
// and the jump back (`tail`) are copied by constant, within a copy of the loop: a *node* is a block of a copy, and
// where it is known, the value of the parameter that takes the state there. Everything else follows from nodes: SSA
// form by parameters for what is live where nodes of different blocks meet.
//
// Order. Each copy is entered at its head, and stands in the text order of its blocks. Copies stand one behind the
// other, by a depth-first walk over their jumps to each other. A jump back to a copy's own head makes it a loop. One to
// a copy further in front makes all copies from there to here a loop, if nothing else enters between; otherwise that
// jump goes to the head of the loop as it was, of which there is then a copy as well, in front of all: with the state
// as a parameter, it serves everybody. All copies are then one loop, and it is the head. So the order of docs/ir.md
// holds.
//
// Bounds. A copy has `most_in_copy` instructions; all copies of a loop `growth` times those of the loop, and `spare`. A
// state that would take more stays with the loop as it was. Looking at copies that are then refused is paid from the
// same budget, so that the work is linear. Loops with a machine in them are none themselves.
//
// What is known of operands is left to `number`, behind this pass: constants fold, parameters that are always one value
// go. Choices by branches are left alone: with them CoreMark took 0.97 of the time, but Boolector, which has many, took
// 3.9 % more instructions to compile, for nothing.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/ir/builder.h"
#include "engine/passes/pass.h"

namespace skerry::passes {

class ThreadJumps {
 public:
  static constexpr u32 growth = 2, spare = 256;
  static constexpr u32 most_in_copy = 128;
  static constexpr u32 most_copies = 64;

  // A change is a jump that goes straight to a copy.
  PassOutcome run(ir::Function& function);

 private:
  using Block = ir::Block;
  using Inst = ir::Inst;
  using Loop = ir::Loop;
  using Value = ir::Value;
  static constexpr u32 none = ~u32{0};

  struct Candidate {
    Loop loop;
    u32 state;  // old value
    bool may_be_constant = false;
  };
  // A loop, and which parameter of its header chooses.
  struct Machine {
    Loop loop;
    u32 header, end;  // blocks
    u32 state;        // old value, of the header
    std::vector<u32> carriers;  // blocks
    u32 first_copy = 0, copies = 0;
    u32 budget = 0;
    bool is_looped = false;  // whether anything jumps to the copy of the loop as it was
    std::vector<u32> entries;  // the copy that each edge into the loop goes to, if it may
    std::vector<u32> order;    // of its copies
    std::vector<u32> refused;  // constants that get no copy
  };
  // Of a machine's loop from the head on.
  struct Copy {
    enum class Kind : u8 { Waiting, Made, Refused } kind = Kind::Waiting;
    bool is_general = false;  // the loop as it was; first among a machine's copies
    u32 bits = 0;             // otherwise the state
    u32 first_node = 0, nodes = 0;
    u32 order = none;         // among the machine's copies
    u32 last = none;          // the copy, by order, up to which it is a loop's header
    std::vector<u32> next;    // copies that it jumps to
  };
  struct Node {
    u32 block;             // old
    u32 copy = none;
    u32 known = none;      // an old value, and what it is here
    u32 bits = 0;
    u32 decided = none;    // the only target that is taken
    u32 successors = 0;    // the first, one for each distinct target
    u32 count = 0;
    u32 forward = 0;       // edges to it that do not go back
    u32 from = none;       // node, of one such edge
    u32 place = none;      // in the new text
    u32 loop_end = 0;      // a place: a loop of copies begins here, and ends there
    u32 carried = 0;       // in carried_, for each value of live_[block] what it is at the beginning
    u32 made = none;       // new block,
    u32 begin = 0;         // and its first value
  };
  struct Successor {
    enum class Kind : u8 { Node, Outside, Copy } kind;
    u32 value;  // node, old block, copy
  };
  struct Edge {
    u32 from;    // old block
    u32 target;  // in extra
  };
  struct Use {
    u32 value, block;
    auto operator<=>(const Use&) const = default;
  };
  struct Arrival {
    u32 known, bits;
    u32 successor;  // which leads here, or none
    u32 next;       // to the same block
  };
  struct OpenLoop {
    Loop loop;
    u32 end_place;  // or none, and then
    u32 end;        // old block,
    u32 copy;       // in this copy or outside of all
  };

  // Which loops
  bool find_candidates();
  u32 leaf_of(u32 value) const;
  bool may_be_constant(u32 argument) const;
  void find_edges();
  bool find_carriers(Machine& machine);
  bool find_live(std::span<const u32> wanted);
  bool is_live(u32 value, u32 block) const;

  // What becomes of one
  bool plan(Machine& machine);
  bool try_plan(Machine& machine);
  bool explore(Machine& machine, u32 copy, u32 limit);
  void arrive(u32 block, Arrival arrival);
  void add_successors(Machine& machine, u32 node);
  u32 copy_of(Machine& machine, u32 bits);
  bool order_copies(Machine& machine);
  bool find_loops(Machine& machine, bool has_general);
  bool resolve(Machine& machine);
  void forget(Machine& machine, u32 nodes, u32 successors);
  std::optional<u64> known(u32 value, const Node& node, u32 state, u32 depth = 3) const;
  std::span<const u32> targets_of(u32 block);

  // Writing
  void place_nodes();
  u32 entry_of(const Machine& machine, u32 target) const;
  void count_edges();
  bool find_carried();
  void write();
  void write_node(u32 index);
  void enter_loops(const Node& node);
  u32 target(const Node& from, u32 old_target, const Successor& to);
  u32 renamed(const Node& node, u32 old) const;
  u32 value_in(const Node& node, u32 old) const;
  u32 move_list(const Node& node, u32 at, u32 fixed, u32 count);

  const ir::Function* from_ = nullptr;
  ir::Function out_;
  std::optional<ir::Builder> builder_;
  u64 work_ = 0;
  u64 changes_ = 0;
  std::vector<Candidate> candidates_;
  std::vector<u32> first_candidate_;  // by old loop
  std::vector<u8> brings_;         // by old value, of parameters: a constant may come to it
  std::vector<Edge> edges_;        // by target block
  std::vector<u32> edges_begin_;
  std::vector<u32> block_of_;      // by old value
  std::vector<u32> sizes_;         // by old block: instructions but for constants
  std::vector<Use> uses_;          // ascending
  std::vector<u32> carrier_;       // by old block: which parameter takes the state through it
  std::vector<std::vector<u32>> live_;  // by old block: values of those wanted, ascending
  std::vector<u32> live_blocks_;   // with anything in live_
  u64 steps_left_ = 0;             // of walks through blocks
  u32 budget_ = 0;                 // of instructions that are looked at for copies,
  u32 general_left_ = 0;           // and for those of loops as they were
  std::vector<Machine> machines_;
  std::vector<Copy> copies_;
  std::vector<Node> nodes_;
  std::vector<Successor> successors_;
  std::vector<Arrival> arrivals_;
  std::vector<u32> arrived_;       // by old block: the last of arrivals_
  std::vector<u32> waiting_;       // heap of old blocks
  std::vector<u32> latest_;        // by old block: its node in the copy that is explored
  std::vector<u32> outside_;       // by old block: its node
  std::vector<u32> text_;          // nodes by place
  std::vector<u32> machine_at_;    // by old block: the machine with this header
  std::vector<u8> is_carried_;     // by old value: made by several nodes
  std::vector<u32> carried_;       // new values
  std::vector<u32> values_;        // by old value: new
  std::vector<OpenLoop> open_;
  std::vector<u32> targets_;
};

}  // namespace skerry::passes
