#include "engine/codegen/live.h"

#include <algorithm>

namespace skerry::codegen {

void VCode::clear() {
  insts.clear();
  blocks.clear();
  classes.clear();
  calls.clear();
  lists.clear();
  optional = VReg::none();
}

void Liveness::clear() {
  intervals.clear();
  index.clear();
  weights.clear();
  hints.clear();
  calls.clear();
  for (Array<u32>& times : destroyed) times.clear();
}

namespace {

constexpr u32 read_end = 1, destroy_time = 1, early_write = 1, write_begin = 2, late_end = 3;

struct OpenLoop {
  u32 begin;  // time
  u32 end;
  ir::Block end_block;
};

class Pass {
 public:
  Pass(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, Liveness& out)
      : function_(function), code_(code), op_infos_(op_infos), out_(out) {}

  void run() {
    out_.index.resize(code_.classes.size(), ~u32{0});
    out_.weights.resize(code_.classes.size(), 0.0f);
    out_.hints.resize(code_.classes.size());
    for (ir::Block block{0}; block != code_.blocks.end_key(); block = block.next()) visit_block(block);
  }

 private:
  void visit_block(ir::Block block) {
    const VBlock& range = code_.blocks[block];
    weight_ = float(range.weight);
    while (!loops_.empty() && loops_.back().end_block <= block) loops_.pop_back();
    ir::Loop loop = function_.blocks[block].loop;
    if (!loop.is_none() && function_.loops[loop].header == block) {
      // The time of the loop's end is the begin of the first block behind it.
      ir::Block end = function_.loops[loop].end;
      u32 end_inst = end == code_.blocks.end_key() ? u32(code_.insts.size()) : code_.blocks[end].begin;
      loops_.push_back({4 * range.begin, 4 * end_inst, end});
    }
    const ir::BlockData& data = function_.blocks[block];
    for (u32 i = 0; i < data.params; ++i) {
      VReg param(data.begin + i);
      if (code_.classes[param] != RegClass::Unused) define(param, 4 * range.begin);
    }
    for (u32 p = range.begin; p < range.end; ++p) visit(code_.insts[p], 4 * p);
  }

  void visit(const VInst& inst, u32 time) {
    const VOpInfo& op = op_infos_[inst.op];
    operand_read(op.a, inst.a, time);
    operand_read(op.b, inst.b, time);
    operand_read(op.c, inst.c, time);
    for (u32 regs = op.destroys; regs; regs &= regs - 1)
      out_.destroyed[__builtin_ctz(regs)].push_back(time + destroy_time);
    switch (op.kind) {
      case VKind::Plain: break;
      case VKind::Call: {
        const CallInfo& call = code_.calls[u32(inst.imm)];
        for (VReg vreg : code_.arguments(call)) read_listed(vreg, time + read_end);
        out_.calls.push_back(time + destroy_time);
        for (VReg vreg : code_.results(call)) if (!vreg.is_none()) define(vreg, time + write_begin);
        break;
      }
      case VKind::Entry:
        for (VReg vreg : code_.results(code_.calls[u32(inst.imm)])) if (!vreg.is_none()) define(vreg, time);
        break;
      case VKind::Return:
        for (VReg vreg : code_.arguments(code_.calls[u32(inst.imm)])) read_listed(vreg, time + read_end);
        break;
      case VKind::Jump:
        function_.for_each_target(function_[ir::Value(u32(inst.imm))], [&](u32 target) { visit_target(target, time); });
        break;
    }
    if (is_write(op.d) && !inst.d.is_none()) {
      define(inst.d, time + (op.d == Role::EarlyWrite ? early_write : write_begin));
      if (op.tied) relate(inst.d, inst.a);
    }
  }

  void operand_read(Role role, VReg vreg, u32 time) {
    if (is_read(role) && !vreg.is_none()) read(vreg, time + (is_late(role) ? late_end : read_end));
  }

  // Constants in a list are made where they are handed over.
  void read_listed(VReg vreg, u32 time) {
    if (!is_constant(vreg)) read(vreg, time);
  }
  bool is_constant(VReg vreg) const {
    return vreg.raw() < function_.insts.size() && function_[ir::Value(vreg.raw())].op == ir::Op::Const;
  }

  void visit_target(u32 target, u32 time) {
    const ir::BlockData& block = function_.blocks[function_.target_block(target)];
    std::span<const u32> args = function_.target_args(target);
    for (u32 i = 0; i < args.size(); ++i) {
      VReg arg(args[i]), param(block.begin + i);
      if (is_constant(arg) || code_.classes[param] == RegClass::Unused) continue;
      read(arg, time + read_end);
      relate(arg, param);
      relate(param, arg);
    }
  }

  void relate(VReg vreg, VReg to) {
    Hint& hint = out_.hints[vreg];
    if (hint.related.is_none() && !to.is_none()) hint.related = to;
  }

  void define(VReg vreg, u32 time) {
    DCHECK(out_.index[vreg] == ~u32{0});
    out_.index[vreg] = u32(out_.intervals.size());
    out_.intervals.push_back({vreg, time, time + 1});
    out_.weights[vreg] += weight_;
  }

  void read(VReg vreg, u32 time) {
    u32 index = out_.index[vreg];
    DCHECK(index != ~u32{0});
    Interval& interval = out_.intervals[index];
    out_.weights[vreg] += weight_;
    if (interval.end >= time) return;  // extended over a loop around this use, or used later in this instruction
    interval.end = time;
    if (loops_.empty() || loops_.back().begin <= interval.begin) return;
    // The outermost open loop that begins after the definition.
    auto loop = std::partition_point(loops_.begin(), loops_.end(),
                                     [&](const OpenLoop& open) { return open.begin <= interval.begin; });
    interval.end = loop->end;
  }

  const ir::Function& function_;
  const VCode& code_;
  std::span<const VOpInfo> op_infos_;
  Liveness& out_;
  Array<OpenLoop> loops_;
  float weight_ = 1;
};

}  // namespace

void find_liveness(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, Liveness& out) {
  Pass(function, code, op_infos, out).run();
}

}  // namespace skerry::codegen
