// Emission: the half of VCode -> machine code that is the same for every ISA.
//
// One pass over the instructions in order, before each the moves that the allocation plans. What an instruction needs
// in a register and the allocator has put in a slot is loaded into a scratch register before it, and a result stored
// after it: an ISA keeps some registers from allocation for that. What edges between blocks hand over becomes parallel
// moves, before the jump, or in a piece of code of the edge's own behind the function. There, too, are the traps.
//
// An ISA derives its Emitter from Emission<Isa>, where Isa gives
//
//   using Emitter, Assembler, Gpr, Mem, Label
//   static convention, vops             // codegen/convention.h, vcode.h
//   static stack_register, frame_register, far_register, scratch_gpr     // docs/abi.md
//   static scratch                      // by RegClass: what opens a cycle of moves
//   static register_bits(Type, u64)     // what a register holds that holds the constant
//
// and Emitter has
//
//   emit(inst)                          one instruction
//   emit_move(move, copy_scratch)       from slot to slot through copy_scratch; may not change what conditions test
//   load_word(place, is_float, mem)     64 bits to a register or slot
//   store_word(mem, vreg)               64 bits from wherever vreg is
//   load_address(gpr, mem)
//   jump(label)
//   poll(label)                         jumps if StoreState::interrupt is not 0; after the prologue, and at loop heads
//   count(label)                        takes one off the function's counter; jumps if it is below 0 then; likewise
//   warm_up(loop)                       calls RuntimeStub::WarmUp; out of line
//   begin_loop(insts)                   what comes before an innermost loop of so many instructions, in the gear best
//   begin_dispatch()                    what comes before the head of a loop that dispatches, in the gear best
//   begin_table(bytes)                  what comes before the table of a br_table: alignment
//   far_call(stub), signature_failure(stub), raise(code, position)       out of line
//   cold_code_of_isa()                  what else is out of line
//   static repeats(inst)                whether a jump to an instruction may be that instruction, and what comes behind it:
//                                       one of a few bytes, of which emit() knows all from itself

#pragma once

#include <algorithm>

#include "base/array.h"
#include "engine/codegen/allocation.h"
#include "engine/codegen/convention.h"
#include "engine/codegen/parallel_move.h"
#include "engine/codegen/target.h"

namespace skerry::codegen {

template <class Isa>
class Emission {
 public:
  void run(const ModuleContext& context, const ir::Function& function, const VCode& code, const Allocation& allocation,
           CompiledFunction& out);

 protected:
  using Emitter = typename Isa::Emitter;
  using Gpr = typename Isa::Gpr;
  using Mem = typename Isa::Mem;
  using Label = typename Isa::Label;

  explicit Emission(auto cpu) : a_(cpu) {}

  // Where code goes that is jumped to seldom.
  struct TrapStub {
    Label label;
    TrapCode code;
    u32 position;
  };
  struct EdgeStub {
    Label label;
    u32 target;
  };
  struct CounterStub {
    Label label;
    Label back;
    u32 loop;  // 0: the prologue's, else the loop's number and one
    u32 position;
  };
  struct FarStub {  // of a call of a table's element: its function belongs to another instance
    Label label;
    Label back;
    u32 position;
    Gpr entry = Isa::far_register;  // where the table's entry is
  };
  struct SignatureStub {
    Label label;
    Gpr entry;
    u32 position;
    bool is_clamped = false;  // where the index is outside of the table the entry is end_of_table
  };
  struct TableStub {
    Label label;
    u32 terminator;
  };

  // The frame
  void lay_out_frame();
  // Calls visit(register, offset from the frame register) for each callee-saved register that the function uses.
  template <class Visit> void for_each_saved(Visit visit) const {
    i32 at = 0;
    for (Gpr reg : Isa::convention.callee_saved)
      if (allocation_->used_registers >> u32(reg) & 1) visit(reg, at -= 8);
  }
  // What a leaf with a small frame may use is left free below the limit (abi/instance.h). With a loop, or a tail
  // call, which makes loops of functions, it compares nevertheless: an interruption that comes while it is
  // entered moves the limit (docs/abi.md).
  bool checks_stack() const {
    return has_calls_ || has_tail_calls_ || !function_->loops.empty() || frame_size_ > unchecked_frame;
  }
  // A function that calls nobody and keeps nothing in memory does without a frame: what looks at the stack meanwhile
  // finds the return address where calls leave it. (Code that raises traps by calls, counts or polls does call.)
  bool needs_frame() const {
    const Settings& settings = context_->settings;
    return checks_stack() || frame_size_ || incoming_words_ || settings.counts ||
           settings.polls || settings.traps == TrapStyle::Call;
  }
  bool is_loop_header(ir::Block block) const {
    ir::Loop loop = function_->blocks[block].loop;
    return !loop.is_none() && function_->loops[loop].header == block;
  }
  // Of an innermost loop: loops are in the order of their headers, so that a loop within would be the next.
  u32 insts_of_loop(ir::Loop loop) const {
    const ir::LoopData& data = function_->loops[loop];
    if (loop.next() < function_->loops.end_key() && function_->loops[loop.next()].parent == loop) return ~u32{0};
    return code_->blocks[ir::Block(data.end.raw() - 1)].end - code_->blocks[data.header].begin;
  }
  // The head of an interpreter's loop: it ends in a br_table, and more than one jump goes back to it.
  bool is_dispatch(ir::Block head) {
    if ((*function_)[ir::Value(function_->blocks[head].end - 1)].op != ir::Op::BrTable) return false;
    if (jumps_.empty()) count_jumps();
    constexpr u32 entering = 1;
    return jumps_[head.raw()] > entering + 1;
  }
  u32 function_position() const {
    return function_->positions.empty() ? 0 : ir::position_in_function(function_->inlined, function_->positions[0]);
  }
  void receive_parameters();

  // Calls
  const CallInfo& call_of(const VInst& inst) const { return code_->calls[u32(inst.imm)]; }
  void place_arguments(const CallInfo& call, Mem words, VReg result_pointer);
  // Of a call that comes back: results that overflow come to lie behind the arguments.
  void move_arguments(const CallInfo& call);
  void fetch_results(const CallInfo& call);
  void place_results(const CallInfo& call, Gpr pointer);

  // Operands
  Place place(VReg vreg) const { return allocation_->places[vreg]; }
  bool in_register(VReg vreg) const { return place(vreg).is_reg(); }
  static Gpr gpr(Place place) { return Gpr(place.reg()); }
  // Of a slot, and of a slot of the function's locals: offsets from the frame register.
  i32 slot_offset(u32 slot) const { return -8 * i32(saved_count_ + slot + 1); }
  i32 local_offset(u32 local) const { return slot_offset(allocation_->slot_count + local); }

  // Moves
  Source source(VReg vreg) const;
  ir::Type type_of(VReg vreg) const;
  Label block_label(ir::Block block) const { return Label(first_block_label_.raw() + block.raw()); }
  void plan(const PlannedMove& move);  // adds to moves_
  void move_before(u32 inst);
  bool plan_edge(u32 target);  // fills moves_; is there anything to move?
  bool edge_moves(u32 target);
  void resolve_moves(Gpr copy_scratch) {
    moves_.resolve(Isa::scratch, [&](const Move& move) { self().emit_move(move, copy_scratch); });
  }
  bool is_short(ir::Block block, ir::Op terminator, u32 most) const;
  ir::Block destination(u32 target);
  bool is_repeated(ir::Block block);
  Label edge_label(u32 target);
  void jump_edge(u32 target);
  // The two edges of a branch; jump_if(Label, holds) jumps if the condition is as `holds` says.
  template <class JumpIf> void branch_edges(u32 then, u32 otherwise, JumpIf jump_if);

  // Traps
  Label trap_label(TrapCode code, u32 position);
  void line_site(u32 position) {
    if (context_->settings.lines) out_->add_line(a_.offset(), position);
  }
  void call_site(u32 position) { out_->calls.push_back({a_.offset(), position}); }

  typename Isa::Assembler a_;
  const ModuleContext* context_ = nullptr;
  const ir::Function* function_ = nullptr;
  const VCode* code_ = nullptr;
  const Allocation* allocation_ = nullptr;
  CompiledFunction* out_ = nullptr;
  ir::Block block_;

  u32 saved_count_ = 0;       // callee-saved registers kept in the frame
  u32 incoming_words_ = 0;    // stack arguments of this function
  u32 frame_size_ = 0;
  bool has_frame_ = true;

  ParallelMove moves_;
  Array<FarStub> fars_;
  Array<SignatureStub> signatures_;
  Array<TableStub> tables_;

 private:
  Emitter& self() { return static_cast<Emitter&>(*this); }
  void poll(u32 position) { self().poll(trap_label(TrapCode::Interrupted, position)); }
  void count(u32 loop, u32 position) {
    CounterStub stub{a_.new_label(), a_.new_label(), loop, position};
    self().count(stub.label);
    a_.bind(stub.back);
    counters_.push_back(stub);
  }
  void count_jumps();
  void cold_code();
  void jump_table(const TableStub& stub);

  Label first_block_label_;
  Array<u32> jumps_;  // by block, how many lead to it; empty until one asks
  usize next_move_ = 0;    // of the allocation's, the first that is not emitted, and its instruction
  u32 next_moves_at_ = 0;
  u32 outgoing_words_ = 0;    // stack arguments and overflowing results of calls
  bool is_repeating_ = false;  // what is emitted is another block's
  bool has_calls_ = false;
  bool has_tail_calls_ = false;
  Array<TrapStub> traps_;
  Array<EdgeStub> edges_;
  Array<CounterStub> counters_;
};

template <class Isa>
void Emission<Isa>::run(const ModuleContext& context, const ir::Function& function, const VCode& code,
                        const Allocation& allocation, CompiledFunction& out) {
  context_ = &context;
  function_ = &function;
  code_ = &code;
  allocation_ = &allocation;
  out_ = &out;
  out.clear();
  a_.clear();
  traps_.clear();
  edges_.clear();
  counters_.clear();
  fars_.clear();
  signatures_.clear();
  tables_.clear();
  jumps_.clear();

  next_move_ = 0;
  next_moves_at_ = allocation.moves.empty() ? ~u32{0} : allocation.moves[0].at;
  lay_out_frame();
  first_block_label_ = a_.new_labels(code.blocks.size());
  for (block_ = ir::Block(0); block_ != code.blocks.end_key(); block_ = block_.next()) {
    if (allocation.plans_edges && is_loop_header(block_)) {
      if (is_dispatch(block_)) self().begin_dispatch();
      else self().begin_loop(insts_of_loop(function.blocks[block_].loop));
    }
    a_.bind(block_label(block_));
    const VBlock& block = code.blocks[block_];
    bool is_first = block_ == ir::Block(0);
    bool polls = context.settings.polls && (is_first ? checks_stack() : is_loop_header(block_));
    // The first instruction of the first block is the prologue.
    if (polls && !is_first) poll(code.insts[block.begin].position);
    bool counts = context.settings.counts;
    if (counts && !is_first && is_loop_header(block_))
      count(function.blocks[block_].loop.raw() + 1, code.insts[block.begin].position);
    for (u32 i = block.begin; i < block.end; ++i) {
      line_site(code.insts[i].position);
      if (i == next_moves_at_) move_before(i);
      self().emit(code.insts[i]);
      if (polls && is_first && i == block.begin) poll(function_position());
      if (counts && is_first && i == block.begin) count(0, function_position());
    }
  }
  cold_code();
  a_.finish();
  out.code.assign(a_.code().begin(), a_.code().end());
  out.has_frame = has_frame_;
  out.frame_size = frame_size_;
  out.allocation = allocation.counts;
  for_each_saved([&](Gpr reg, i32) { out.saved_registers |= u64{1} << u32(reg); });
}

template <class Isa>
void Emission<Isa>::count_jumps() {
  jumps_.resize(function_->blocks.size());
  for (const ir::BlockData& block : function_->blocks) {
    function_->for_each_target((*function_)[ir::Value(block.end - 1)],
                               [&](u32 target) { ++jumps_[function_->target_block(target).raw()]; });
  }
}

template <class Isa>
void Emission<Isa>::lay_out_frame() {
  saved_count_ = 0;
  for_each_saved([&](Gpr, i32) { ++saved_count_; });
  incoming_words_ = Isa::convention.stack_arguments(*function_->signature);
  outgoing_words_ = 0;
  has_calls_ = has_tail_calls_ = false;
  for (const VInst& inst : code_->insts) {
    VKind kind = Isa::vops[inst.op].kind;
    if (kind != VKind::Call && kind != VKind::Return) continue;
    const FuncType* type = call_of(inst).type;
    if (kind == VKind::Call) {
      has_calls_ = true;
      if (type) {
        u32 words = Isa::convention.stack_arguments(*type) + Isa::convention.overflowing_results(*type);
        outgoing_words_ = std::max(outgoing_words_, words);
      }
    } else if (type) {
      // A tail call with more stack arguments than came in collects them below first, and then moves them up to right
      // below two words and the padding of an odd number: the frame has room for those as well, lest the move be down.
      has_tail_calls_ = true;
      u32 words = Isa::convention.stack_arguments(*type);
      if (words > incoming_words_) outgoing_words_ = std::max(outgoing_words_, u32(align_up(words, 2)) + 2);
    }
  }
  u64 words = saved_count_ + allocation_->slot_count + function_->slots.size() + outgoing_words_;
  frame_size_ = u32(align_up(8 * words, 16));
  has_frame_ = needs_frame();
}

// Parameters go from where they arrive to their places: registers first, all at once, for
// the words on the stack are nobody's destination.
template <class Isa>
void Emission<Isa>::receive_parameters() {
  const CallInfo& entry = call_of(code_->insts[0]);
  const ir::BlockData& block = function_->blocks[ir::Block(0)];
  for (bool from_stack : {false, true}) {
    auto places = Isa::convention.argument_places();
    auto arrive = [&](VReg vreg, ir::Type type) {
      auto where = places.next(ir::is_float(type));
      if (code_->classes[vreg] == RegClass::Unused || place(vreg).is_none() || where.in_register == from_stack) return;
      if (where.in_register) moves_.add({place(vreg), {Place::reg(where.index)}, type});
      else self().load_word(place(vreg), ir::is_float(type), Mem::at(Isa::frame_register, 16 + 8 * i32(where.index)));
    };
    for (VReg vreg : code_->results(entry)) arrive(vreg, ir::Type::I64);
    for (u32 i = 0; i < block.params; ++i) arrive(VReg(block.begin + i), function_->type(ir::Value(block.begin + i)));
    if (!from_stack) resolve_moves(Isa::far_register);
  }
}

template <class Isa>
void Emission<Isa>::cold_code() {
  for (const FarStub& stub : fars_) {
    a_.bind(stub.label);
    line_site(stub.position);
    self().far_call(stub);
    self().jump(stub.back);
  }
  for (const CounterStub& stub : counters_) {
    a_.bind(stub.label);
    line_site(stub.position);
    self().warm_up(stub.loop);
    call_site(stub.position);
    self().jump(stub.back);
  }
  for (usize i = 0; i < tables_.size(); ++i) jump_table(tables_[i]);
  for (usize i = 0; i < edges_.size(); ++i) {
    EdgeStub stub = edges_[i];
    a_.bind(stub.label);
    plan_edge(stub.target);
    resolve_moves(Isa::far_register);
    self().jump(block_label(function_->target_block(stub.target)));
  }
  for (const SignatureStub& stub : signatures_) {
    a_.bind(stub.label);
    line_site(stub.position);
    self().signature_failure(stub);
  }
  self().cold_code_of_isa();
  for (const TrapStub& stub : traps_) {
    a_.bind(stub.label);
    line_site(stub.position);
    self().raise(stub.code, stub.position);
  }
}

template <class Isa>
void Emission<Isa>::jump_table(const TableStub& stub) {
  const ir::Inst& terminator = (*function_)[ir::Value(stub.terminator)];
  std::span<const u32> list = function_->list(terminator.b, terminator.c);
  self().begin_table(4 * u32(list.size()));
  a_.bind(stub.label);
  // Equal targets share the piece of code that moves what their edge hands over.
  Array<u32> targets(list.begin(), list.end());
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  Array<Label> labels;
  for (u32 target : targets) labels.push_back(edge_label(target));
  for (u32 target : list) {
    auto at = std::lower_bound(targets.begin(), targets.end(), target);
    a_.jump_table_entry(labels[usize(at - targets.begin())], stub.label);
  }
}

// --- calls

// Words of the stack first: no move reads them. Leaves far_register alone.
template <class Isa>
void Emission<Isa>::place_arguments(const CallInfo& call, Mem words, VReg result_pointer) {
  auto places = Isa::convention.argument_places();
  if (call.type && Isa::convention.overflowing_results(*call.type)) {
    auto where = places.next(false);
    if (!result_pointer.is_none()) moves_.add({Place::reg(where.index), source(result_pointer), ir::Type::I64});
  } else if (!call.type) {
    places.next(false);  // a builtin's instance
  }
  for (VReg vreg : code_->arguments(call)) {
    ir::Type type = type_of(vreg);
    auto where = places.next(ir::is_float(type));
    if (where.in_register) {
      moves_.add({Place::reg(where.index), source(vreg), type});
    } else {
      Mem to = words;
      to.disp += 8 * i32(where.index);
      self().store_word(to, vreg);
    }
  }
  resolve_moves(Isa::scratch_gpr);
}

template <class Isa>
void Emission<Isa>::move_arguments(const CallInfo& call) {
  place_arguments(call, Mem::at(Isa::stack_register), VReg::none());
  if (!call.type || !Isa::convention.overflowing_results(*call.type)) return;
  self().load_address(Isa::convention.argument_gprs[0],
                      Mem::at(Isa::stack_register, 8 * i32(Isa::convention.stack_arguments(*call.type))));
}

template <class Isa>
void Emission<Isa>::fetch_results(const CallInfo& call) {
  u32 argument_words = call.type ? Isa::convention.stack_arguments(*call.type) : 0;
  for (bool from_memory : {false, true}) {
    auto places = Isa::convention.result_places();
    std::span<const VReg> results = code_->results(call);
    for (u32 i = 0; i < results.size(); ++i) {
      if (!call.type && results[i].is_none()) continue;  // a builtin has one result at most
      ir::Type type = call.type ? ir::type_of(call.type->results[i]) : type_of(results[i]);
      auto where = places.next(ir::is_float(type));
      if (results[i].is_none() || where.in_register == from_memory) continue;
      Place to = place(results[i]);
      if (where.in_register) moves_.add({to, {Place::reg(where.index)}, type});
      else self().load_word(to, ir::is_float(type), Mem::at(Isa::stack_register, 8 * i32(argument_words + where.index)));
    }
    if (!from_memory) resolve_moves(Isa::far_register);
  }
}

template <class Isa>
void Emission<Isa>::place_results(const CallInfo& call, Gpr pointer) {
  auto places = Isa::convention.result_places();
  for (VReg vreg : code_->arguments(call)) {
    ir::Type type = type_of(vreg);
    auto where = places.next(ir::is_float(type));
    if (where.in_register) moves_.add({Place::reg(where.index), source(vreg), type});
    else self().store_word(Mem::at(pointer, 8 * i32(where.index)), vreg);
  }
  resolve_moves(Isa::far_register);
}

// --- moves

template <class Isa>
ir::Type Emission<Isa>::type_of(VReg vreg) const {
  if (vreg.raw() < function_->insts.size()) return function_->type(ir::Value(vreg.raw()));
  return code_->classes[vreg] == RegClass::Float ? ir::Type::F64 : ir::Type::I64;
}

template <class Isa>
Source Emission<Isa>::source(VReg vreg) const {
  if (vreg.raw() < function_->insts.size()) {
    const ir::Inst& inst = (*function_)[ir::Value(vreg.raw())];
    if (inst.op == ir::Op::Const) return {Place(), Isa::register_bits(inst.type, inst.imm64())};
  }
  return {place(vreg)};
}

template <class Isa>
void Emission<Isa>::plan(const PlannedMove& move) {
  Source from = move.from.is_none() ? source(move.value) : Source{move.from};
  moves_.add({move.to, from, type_of(move.value)});
}

template <class Isa>
void Emission<Isa>::move_before(u32 inst) {
  std::span<const PlannedMove> moves = allocation_->moves;
  for (; next_move_ < moves.size() && moves[next_move_].at == inst; ++next_move_) plan(moves[next_move_]);
  next_moves_at_ = next_move_ < moves.size() ? moves[next_move_].at : ~u32{0};
  resolve_moves(Isa::far_register);
}

template <class Isa>
bool Emission<Isa>::plan_edge(u32 target) {
  if (allocation_->plans_edges) {
    for (const PlannedMove& move : allocation_->moves_of_edge(target)) plan(move);
    return !moves_.empty();
  }
  const ir::BlockData& block = function_->blocks[function_->target_block(target)];
  std::span<const u32> args = function_->target_args(target);
  for (u32 i = 0; i < args.size(); ++i) {
    VReg param(block.begin + i);
    if (code_->classes[param] == RegClass::Unused) continue;
    moves_.add({place(param), source(VReg(args[i])), function_->type(ir::Value(param.raw()))});
  }
  return !moves_.empty();
}

template <class Isa>
bool Emission<Isa>::edge_moves(u32 target) {
  bool moves = plan_edge(target);
  moves_.clear();
  return moves;
}

// Whether a block of the gear best ends like that, with no more than `most` instructions before, which an ISA repeats.
template <class Isa>
bool Emission<Isa>::is_short(ir::Block block, ir::Op terminator, u32 most) const {
  const VBlock& data = code_->blocks[block];
  if (!allocation_->plans_edges || data.end - data.begin > most + 1) return false;
  if ((*function_)[ir::Value(function_->blocks[block].end - 1)].op != terminator) return false;
  for (u32 i = data.begin; i + 1 < data.end; ++i)
    if (!Emitter::repeats(code_->insts[i])) return false;
  std::span<const PlannedMove> moves = allocation_->moves;
  auto at = std::ranges::lower_bound(moves, data.begin, {}, &PlannedMove::at);
  return at == moves.end() || at->at >= data.end;
}

// Where an edge leads that moves nothing: through blocks that only jump on, a few at most.
template <class Isa>
ir::Block Emission<Isa>::destination(u32 target) {
  ir::Block block = function_->target_block(target);
  constexpr u32 most = 4;
  for (u32 i = 0; i < most && !is_loop_header(block) && is_short(block, ir::Op::Jump, 0); ++i) {
    target = (*function_)[ir::Value(function_->blocks[block].end - 1)].b;
    if (edge_moves(target)) break;
    block = function_->target_block(target);
  }
  return block;
}

// The label of the target's block, or of a piece of code that moves what the edge hands over.
template <class Isa>
typename Isa::Label Emission<Isa>::edge_label(u32 target) {
  if (!edge_moves(target)) return block_label(destination(target));
  Label label = a_.new_label();
  edges_.push_back({label, target});
  return label;
}

// Whether a jump to a block is as well the block itself: in a loop one that only branches, or does little before, as on
// both sides of a condition in front of the test at the loop's end, which then jump once; and the head of an interpreter's
// loop, from which each instruction of the program goes to its own place.
template <class Isa>
bool Emission<Isa>::is_repeated(ir::Block block) {
  constexpr u32 most = 2, most_of_head = 12, most_entries = 64;
  if (is_repeating_ || code_->blocks[block].weight == 1) return false;
  if (!is_loop_header(block)) return is_short(block, ir::Op::Branch, most);
  if (context_->settings.polls || context_->settings.counts) return false;
  // Each repetition has the table once more.
  const ir::Inst& last = (*function_)[ir::Value(function_->blocks[block].end - 1)];
  return is_short(block, ir::Op::BrTable, most_of_head) && last.c <= most_entries && is_dispatch(block);
}

template <class Isa>
void Emission<Isa>::jump_edge(u32 target) {
  plan_edge(target);
  resolve_moves(Isa::far_register);
  ir::Block to = function_->target_block(target);
  if (to == block_.next()) return;
  to = destination(target);
  if (to == block_.next()) return;
  if (!is_repeated(to)) return self().jump(block_label(to));
  is_repeating_ = true;
  for (u32 i = code_->blocks[to].begin; i < code_->blocks[to].end; ++i) {
    line_site(code_->insts[i].position);
    self().emit(code_->insts[i]);
  }
  is_repeating_ = false;
}

// What the second edge hands over is moved in line; the first edge's moves go in line as
// well if they are the only ones, behind the inverted jump.
template <class Isa>
template <class JumpIf>
void Emission<Isa>::branch_edges(u32 then, u32 otherwise, JumpIf jump_if) {
  bool then_is_next = function_->target_block(then) == block_.next();
  // Where both move and moves are of the allocator's choice, the one that runs more has no jump more.
  auto weight = [&](u32 target) { return code_->blocks[function_->target_block(target)].weight; };
  bool first_runs_more = allocation_->plans_edges && weight(then) > weight(otherwise);
  if ((then_is_next || edge_moves(then)) && (first_runs_more || !edge_moves(otherwise))) {
    jump_if(edge_label(otherwise), false);
    jump_edge(then);
  } else {
    jump_if(edge_label(then), true);
    jump_edge(otherwise);
  }
}

template <class Isa>
typename Isa::Label Emission<Isa>::trap_label(TrapCode code, u32 position) {
  Label label = a_.new_label();
  traps_.push_back({label, code, position});
  return label;
}

}  // namespace skerry::codegen
