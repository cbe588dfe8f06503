#include "engine/codegen/check_allocation.h"

#include "base/string.h"

namespace skerry::codegen {

namespace {

constexpr u64 most_states = 1 << 24;

class Check {
 public:
  Check(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, const RegisterFile& file,
        const Allocation& allocation)
      : function_(function), code_(code), op_infos_(op_infos), allocation_(allocation),
        place_count_(register_count + allocation.slot_count), caller_saved_(~file.callee_saved) {}

  std::string run() {
    u32 blocks = code_.blocks.size();
    if (u64(blocks) * place_count_ > most_states) return "";
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

  void read(VReg vreg, u32 inst) {
    if (vreg.is_none() || is_constant(vreg) || !wrong_.empty()) return;
    Place place = allocation_.places[vreg];
    if (place.is_none()) return fail(vreg, inst, "has no place");
    if (state_[index(place)] != vreg) fail(vreg, inst, "is not where it should be");
  }
  void write(VReg vreg) {
    if (vreg.is_none()) return;
    Place place = allocation_.places[vreg];
    if (!place.is_none()) state_[index(place)] = vreg;
  }
  void fail(VReg vreg, u32 inst, std::string_view what) {
    wrong_ = concat("register ", vreg.raw(), " ", what, " at instruction ", inst, " (", op_infos_[code_.insts[inst].op].name,
                    ") of function ", function_.index.raw());
  }

  void write_params(ir::Block block) {
    const ir::BlockData& data = function_.blocks[block];
    for (u32 i = 0; i < data.params; ++i) write(VReg(data.begin + i));
  }

  void visit(u32 i) {
    const VInst& inst = code_.insts[i];
    const VOpInfo& op = op_infos_[inst.op];
    if (is_read(op.a)) read(inst.a, i);
    if (is_read(op.b)) read(inst.b, i);
    if (is_read(op.c)) read(inst.c, i);
    // What is read late, or beside an early write, must not be where something else is written.
    if (is_write(op.d) && !inst.d.is_none()) {
      for (auto [role, vreg] : {std::pair(op.a, inst.a), std::pair(op.b, inst.b), std::pair(op.c, inst.c)})
        if (is_late(role) && !vreg.is_none() && allocation_.places[vreg] == allocation_.places[inst.d])
          fail(vreg, i, "is overwritten before it is read");
    }
    if (op.kind == VKind::Call || op.kind == VKind::Return)
      for (VReg vreg : code_.arguments(code_.calls[u32(inst.imm)])) read(vreg, i);
    for (u32 reg = 0; reg < 32; ++reg) if (op.destroys >> reg & 1) destroy(reg, inst, op, i);
    if (op.kind == VKind::Call) {
      for (u32 reg = 0; reg < register_count; ++reg) if (caller_saved_ >> reg & 1) state_[reg] = VReg::none();
      for (VReg vreg : code_.results(code_.calls[u32(inst.imm)])) write(vreg);
    }
    if (op.kind == VKind::Entry)
      for (VReg vreg : code_.results(code_.calls[u32(inst.imm)])) write(vreg);
    if (op.kind == VKind::Jump)
      function_.for_each_target(function_[ir::Value(u32(inst.imm))], [&](u32 target) { follow(target, i); });
    if (is_write(op.d)) write(inst.d);
  }

  void destroy(u32 reg, const VInst& inst, const VOpInfo& op, u32 i) {
    for (auto [role, vreg] : {std::pair(op.a, inst.a), std::pair(op.b, inst.b), std::pair(op.c, inst.c)})
      if (is_late(role) && !vreg.is_none() && allocation_.places[vreg] == Place::reg(reg)) fail(vreg, i, "is destroyed before it is read");
    if (op.d == Role::EarlyWrite && allocation_.places[inst.d] == Place::reg(reg)) fail(inst.d, i, "is destroyed after it is written");
    state_[reg] = VReg::none();
  }

  // The edge's moves happen at once: all are read, then the parameters written.
  void follow(u32 target, u32 i) {
    ir::Block block = function_.target_block(target);
    const ir::BlockData& data = function_.blocks[block];
    std::span<const u32> args = function_.target_args(target);
    for (u32 k = 0; k < args.size(); ++k)
      if (code_.classes[VReg(data.begin + k)] != RegClass::Unused) read(VReg(args[k]), i);
    std::vector<VReg> kept = state_;
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
  const VCode& code_;
  std::span<const VOpInfo> op_infos_;
  const Allocation& allocation_;
  u32 place_count_;
  u64 caller_saved_;
  std::vector<VReg> at_entry_;
  std::vector<bool> reached_;
  std::vector<VReg> state_;
  std::vector<ir::Block> work_;
  std::string wrong_;
};

}  // namespace

std::string check_allocation(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos,
                             const RegisterFile& file, const Allocation& allocation) {
  return Check(function, code, op_infos, file, allocation).run();
}

void allocation_failed(const std::string& wrong) { check_failed(__FILE__, __LINE__, wrong.c_str()); }

}  // namespace skerry::codegen
