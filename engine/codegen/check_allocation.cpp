#include "engine/codegen/check_allocation.h"

#include "base/string.h"

namespace skerry::codegen {

namespace {

constexpr u64 most_states = 1 << 24;

class Check {
 public:
  Check(const ir::Function& function, const VCode& before, const VCode& code, std::span<const VOpInfo> op_infos,
        const RegisterFile& file, const Allocation& allocation)
      : function_(function), before_(before), code_(code), op_infos_(op_infos), allocation_(allocation),
        place_count_(register_count + allocation.slot_count), caller_saved_(~file.callee_saved) {}

  std::string run() {
    u32 blocks = code_.blocks.size();
    if (u64(blocks) * place_count_ > most_states) return "";
    if (code_.insts.size() != before_.insts.size() || code_.lists.size() != before_.lists.size())
      return "instructions are not those that were there before";
    at_entry_.assign(usize(blocks) * place_count_, VReg::none());
    reached_.assign(blocks, false);
    state_.assign(place_count_, VReg::none());
    enter(ir::Block(0));
    while (!work_.empty() && wrong_.empty()) {
      ir::Block block = work_.back();
      work_.pop_back();
      auto from = at_entry_.begin() + i64(usize(block.raw()) * place_count_);
      state_.assign(from, from + place_count_);
      const VBlock& range = code_.blocks[block];
      if (block.raw() == 0) write_params(block);
      for (u32 i = range.begin; i < range.end && wrong_.empty(); ++i) visit(i);
    }
    return wrong_;
  }

 private:
  u32 index(Place place) const { return place.is_reg() ? place.reg() : register_count + place.slot(); }
  bool is_constant(VReg vreg) const {
    return vreg.raw() < function_.insts.size() && function_[ir::Value(vreg.raw())].op == ir::Op::Const;
  }
  Place place(VReg vreg) const { return allocation_.places[vreg]; }

  // `named` is what the code says now where it said `vreg`.
  void read(VReg vreg, VReg named, u32 inst) {
    if (!wrong_.empty()) return;
    if (allocation_.value_of(named) != vreg) return fail(vreg, inst, "is named as another");
    if (vreg.is_none() || is_constant(vreg)) return;
    if (place(named).is_none()) return fail(vreg, inst, "has no place");
    if (state_[index(place(named))] != vreg) fail(vreg, inst, "is not where it should be");
  }
  void write(VReg vreg) {
    if (!vreg.is_none() && !place(vreg).is_none()) state_[index(place(vreg))] = vreg;
  }
  void fail(VReg vreg, u32 inst, std::string_view what) {
    wrong_ = concat("register ", vreg.raw(), " ", what, " at instruction ", inst, " (",
                    op_infos_[code_.insts[inst].op].name, ") of function ", function_.index.raw());
  }

  void write_params(ir::Block block) {
    const ir::BlockData& data = function_.blocks[block];
    for (u32 i = 0; i < data.params; ++i) write(VReg(data.begin + i));
  }

  // All are read, then all written.
  void move(std::span<const PlannedMove> moves, u32 inst) {
    moved_.clear();
    for (const PlannedMove& move : moves) {
      if (move.from.is_none() && !is_constant(move.value)) return fail(move.value, inst, "is moved from nowhere");
      moved_.push_back(move.from.is_none() ? move.value : state_[index(move.from)]);
    }
    for (usize i = 0; i < moves.size(); ++i) {
      for (usize k = 0; k < i && moves.size() < 100; ++k)
        if (moves[k].to == moves[i].to) return fail(moves[i].value, inst, "is moved to where another is");
      state_[index(moves[i].to)] = moved_[i];
    }
  }
  std::span<const PlannedMove> moves_before(u32 inst) const {
    auto [first, last] = std::ranges::equal_range(allocation_.moves, inst, {}, &PlannedMove::at);
    return {first, last};
  }

  void visit(u32 i) {
    move(moves_before(i), i);
    const VInst &inst = code_.insts[i], &old = before_.insts[i];
    const VOpInfo& op = op_infos_[inst.op];
    if (inst.op != old.op || inst.imm != old.imm || inst.d != old.d) return fail(old.d, i, "is of another instruction");
    if (is_read(op.a)) read(old.a, inst.a, i);
    if (is_read(op.b)) read(old.b, inst.b, i);
    if (is_read(op.c)) read(old.c, inst.c, i);
    // What is read late, or beside an early write, must not be where something else is written.
    if (is_write(op.d) && !inst.d.is_none()) {
      for (auto [role, vreg] : {std::pair(op.a, inst.a), std::pair(op.b, inst.b), std::pair(op.c, inst.c)})
        if (is_late(role) && !vreg.is_none() && place(vreg) == place(inst.d))
          fail(vreg, i, "is overwritten before it is read");
    }
    if (op.kind == VKind::Call || op.kind == VKind::Return) {
      const CallInfo& call = code_.calls[u32(inst.imm)];
      for (u32 k = 0; k < call.argument_count; ++k)
        read(before_.lists[call.arguments + k], code_.lists[call.arguments + k], i);
    }
    for (u32 reg = 0; reg < 32; ++reg) if (op.destroys >> reg & 1) destroy(reg, inst, op, i);
    if (op.kind == VKind::Call) {
      for (u32 reg = 0; reg < register_count; ++reg) if (caller_saved_ >> reg & 1) state_[reg] = VReg::none();
      for (VReg vreg : before_.results(before_.calls[u32(inst.imm)])) write(vreg);
    }
    if (op.kind == VKind::Entry)
      for (VReg vreg : before_.results(before_.calls[u32(inst.imm)])) write(vreg);
    if (op.kind == VKind::Jump)
      function_.for_each_target(function_[ir::Value(u32(inst.imm))], [&](u32 target) { follow(target, i); });
    if (is_write(op.d)) write(inst.d);
  }

  void destroy(u32 reg, const VInst& inst, const VOpInfo& op, u32 i) {
    for (auto [role, vreg] : {std::pair(op.a, inst.a), std::pair(op.b, inst.b), std::pair(op.c, inst.c)})
      if (is_late(role) && !vreg.is_none() && place(vreg) == Place::reg(reg))
        fail(vreg, i, "is destroyed before it is read");
    if (op.d == Role::EarlyWrite && place(inst.d) == Place::reg(reg))
      fail(inst.d, i, "is destroyed after it is written");
    state_[reg] = VReg::none();
  }

  // Where an edge's moves are planned, they happen, and each parameter must be where its argument came to. If not, the
  // arguments are read from their places, all at once.
  void follow(u32 target, u32 i) {
    if (!wrong_.empty()) return;
    ir::Block block = function_.target_block(target);
    const ir::BlockData& data = function_.blocks[block];
    std::span<const u32> args = function_.target_args(target);
    std::vector<VReg> kept = state_;
    if (allocation_.plans_edges) move(allocation_.moves_of_edge(target), i);
    for (u32 k = 0; k < args.size(); ++k) {
      VReg param(data.begin + k), arg(args[k]);
      if (code_.classes[param] == RegClass::Unused) continue;
      if (!allocation_.plans_edges) {
        read(arg, arg, i);
      } else if (place(param).is_none() || state_[index(place(param))] != arg) {
        fail(param, i, "is not where it should be handed over");
      }
    }
    for (u32 k = 0; k < args.size(); ++k)
      if (code_.classes[VReg(data.begin + k)] != RegClass::Unused) write(VReg(data.begin + k));
    enter(block);
    state_ = std::move(kept);
  }

  // Meets the state with what is known at the block's entry; what changes is looked at again.
  void enter(ir::Block block) {
    VReg* known = at_entry_.data() + usize(block.raw()) * place_count_;
    bool changed = !reached_[block.raw()];
    for (u32 p = 0; p < place_count_; ++p) {
      VReg met = !reached_[block.raw()] || known[p] == state_[p] ? state_[p] : VReg::none();
      if (met != known[p]) {
        known[p] = met;
        changed = true;
      }
    }
    reached_[block.raw()] = true;
    if (changed) work_.push_back(block);
  }

  const ir::Function& function_;
  const VCode& before_;
  const VCode& code_;
  std::span<const VOpInfo> op_infos_;
  const Allocation& allocation_;
  u32 place_count_;
  u64 caller_saved_;
  std::vector<VReg> at_entry_;
  std::vector<bool> reached_;
  std::vector<VReg> state_;
  std::vector<VReg> moved_;
  std::vector<ir::Block> work_;
  std::string wrong_;
};

}  // namespace

std::string check_allocation(const ir::Function& function, const VCode& before, const VCode& code,
                             std::span<const VOpInfo> op_infos, const RegisterFile& file,
                             const Allocation& allocation) {
  return Check(function, before, code, op_infos, file, allocation).run();
}

void allocation_failed(const std::string& wrong) { check_failed(__FILE__, __LINE__, wrong.c_str()); }

}  // namespace skerry::codegen
