#include "engine/codegen/live_ranges.h"

#include <algorithm>

namespace skerry::codegen {

namespace {

constexpr u32 no_time = ~u32{0};

class Finder {
 public:
  Finder(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, LiveRangesScratch& scratch,
         LiveRanges& out)
      : function_(function), code_(code), op_infos_(op_infos), s_(scratch), out_(out) {}

  bool run(u64 most_work) {
    u32 vregs = code_.classes.size();
    out_.work = 0;
    out_.definitions.clear();
    out_.definitions.resize(vregs, no_time);
    out_.block_of.resize(code_.insts.size());
    s_.reads.clear();
    s_.edges.clear();
    for (ir::Block block{0}; block != code_.blocks.end_key(); block = block.next()) visit_block(block);
    sort_uses();
    sort_edges();

    s_.marks.clear();
    s_.marks.resize(code_.blocks.size(), {VReg::none(), VReg::none(), 0});
    out_.segments.clear();
    out_.first_segment.clear();
    out_.first_segment.reserve(vregs + 1);
    for (VReg vreg(0); vreg.raw() < vregs; vreg = vreg.next()) {
      out_.first_segment.push(u32(out_.segments.size()));
      if (out_.definitions[vreg] == no_time) continue;
      find(vreg);
      if (out_.work > most_work) return false;
    }
    out_.first_segment.push(u32(out_.segments.size()));
    return true;
  }

 private:
  u32 begin_time(ir::Block block) const { return 4 * code_.blocks[block].begin; }
  u32 end_time(ir::Block block) const { return 4 * code_.blocks[block].end; }

  // --- uses and definitions

  void visit_block(ir::Block block) {
    const VBlock& range = code_.blocks[block];
    const ir::BlockData& data = function_.blocks[block];
    for (u32 i = 0; i < data.params; ++i) {
      VReg param(data.begin + i);
      if (code_.classes[param] != RegClass::Unused) define(param, 4 * range.begin);
    }
    for (u32 p = range.begin; p < range.end; ++p) {
      out_.block_of[p] = block;
      visit(block, code_.insts[p], 4 * p);
    }
  }

  void visit(ir::Block block, const VInst& inst, u32 time) {
    const VOpInfo& op = op_infos_[inst.op];
    operand(op.a, inst.a, UseKind::A, time);
    operand(op.b, inst.b, UseKind::B, time);
    operand(op.c, inst.c, UseKind::C, time);
    switch (op.kind) {
      case VKind::Plain: break;
      case VKind::Call:
      case VKind::Return: {
        const CallInfo& call = code_.calls[u32(inst.imm)];
        for (u32 i = 0; i < call.argument_count; ++i) listed(code_.lists[call.arguments + i], call.arguments + i, time);
        if (op.kind == VKind::Return) break;
        for (VReg vreg : code_.results(call)) if (!vreg.is_none()) define(vreg, time + 2);
        break;
      }
      case VKind::Entry:
        for (VReg vreg : code_.results(code_.calls[u32(inst.imm)])) if (!vreg.is_none()) define(vreg, time);
        break;
      case VKind::Jump: targets(block, function_[ir::Value(u32(inst.imm))], time); break;
    }
    if (is_write(op.d) && !inst.d.is_none()) define(inst.d, time + (op.d == Role::EarlyWrite ? 1 : 2));
  }

  void define(VReg vreg, u32 time) { out_.definitions[vreg] = time; }
  void operand(Role role, VReg vreg, UseKind kind, u32 time) {
    if (is_read(role) && !vreg.is_none()) s_.reads.push_back({vreg, {is_late(role) ? time + 2 : time, kind, 0}});
  }
  // Constants in a list are made where they are handed over.
  void listed(VReg vreg, u32 at, u32 time) {
    if (!is_constant(vreg)) s_.reads.push_back({vreg, {time, UseKind::List, at}});
  }
  bool is_constant(VReg vreg) const {
    return vreg.raw() < function_.insts.size() && function_[ir::Value(vreg.raw())].op == ir::Op::Const;
  }

  void targets(ir::Block from, const ir::Inst& terminator, u32 time) {
    s_.targets.clear();
    function_.for_each_target(terminator, [&](u32 target) { s_.targets.push_back(target); });
    if (s_.targets.size() > 1) {
      std::sort(s_.targets.begin(), s_.targets.end());
      s_.targets.erase(std::unique(s_.targets.begin(), s_.targets.end()), s_.targets.end());
    }
    for (u32 target : s_.targets) {
      ir::Block to = function_.target_block(target);
      const ir::BlockData& data = function_.blocks[to];
      std::span<const u32> args = function_.target_args(target);
      for (u32 i = 0; i < args.size(); ++i)
        if (code_.classes[VReg(data.begin + i)] != RegClass::Unused && !is_constant(VReg(args[i])))
          s_.reads.push_back({VReg(args[i]), {time, UseKind::Edge, target}});
      s_.edges.push_back({from, to, target});
    }
  }

  // Stable, so that the times of each register's ascend. Late reads and others of one instruction may be in any order.
  void sort_uses() {
    u32 vregs = code_.classes.size();
    out_.first_use.clear();
    out_.first_use.resize(vregs + 1, 0);
    for (const auto& read : s_.reads) ++out_.first_use[read.vreg.next()];
    for (VReg vreg(0); vreg.raw() < vregs; vreg = vreg.next()) out_.first_use[vreg.next()] += out_.first_use[vreg];
    out_.uses.resize(s_.reads.size());
    for (usize i = s_.reads.size(); i-- > 0;) {
      const auto& read = s_.reads[i];
      out_.uses[--out_.first_use[read.vreg.next()]] = read.use;
    }
    // What was the end of each is now its begin, one further on.
    for (VReg vreg(0); vreg.raw() < vregs; vreg = vreg.next()) out_.first_use[vreg] = out_.first_use[vreg.next()];
    out_.first_use[VReg(vregs)] = u32(out_.uses.size());
  }

  void sort_edges() {
    u32 blocks = code_.blocks.size();
    out_.first_edge.clear();
    out_.first_edge.resize(blocks + 1, 0);
    for (const Edge& edge : s_.edges) ++out_.first_edge[edge.to.next()];
    for (ir::Block block(0); block.raw() < blocks; block = block.next())
      out_.first_edge[block.next()] += out_.first_edge[block];
    out_.edges.resize(s_.edges.size());
    for (usize i = s_.edges.size(); i-- > 0;) out_.edges[--out_.first_edge[s_.edges[i].to.next()]] = s_.edges[i];
    for (ir::Block block(0); block.raw() < blocks; block = block.next())
      out_.first_edge[block] = out_.first_edge[block.next()];
    out_.first_edge[ir::Block(blocks)] = u32(out_.edges.size());
  }

  // --- segments

  void find(VReg vreg) {
    u32 definition = out_.definitions[vreg];
    ir::Block home = out_.block_of[definition / 4];
    // What nobody reads takes the rest of its instruction: of a parameter, its first moment.
    u32 end = definition % 4 == 0 ? definition + 1 : definition / 4 * 4 + 3;
    bool lives_out = false;
    s_.live_in.clear();
    s_.open.clear();
    for (const Use& use : out_.uses_of(vreg)) {
      ir::Block block = out_.block_of[use.time / 4];
      if (block == home) {
        end = std::max(end, use.time + 1);
        continue;
      }
      auto& mark = s_.marks[block];
      if (mark.in != vreg) {
        mark.in = vreg;
        mark.end = 0;
        s_.live_in.push_back(block);
        s_.open.push_back(block);
      }
      mark.end = std::max(mark.end, use.time + 1);
    }
    while (!s_.open.empty()) {
      ir::Block block = s_.open.back();
      s_.open.pop_back();
      for (const Edge& edge : out_.edges_into(block)) {
        ++out_.work;
        if (edge.from == home) {
          lives_out = true;
          continue;
        }
        auto& mark = s_.marks[edge.from];
        mark.out = vreg;
        if (mark.in == vreg) continue;
        mark.in = vreg;
        s_.live_in.push_back(edge.from);
        s_.open.push_back(edge.from);
      }
    }
    add(vreg, definition, lives_out ? end_time(home) : end);
    std::sort(s_.live_in.begin(), s_.live_in.end());
    for (ir::Block block : s_.live_in) {
      const auto& mark = s_.marks[block];
      add(vreg, begin_time(block), mark.out == vreg ? end_time(block) : mark.end);
    }
  }

  void add(VReg vreg, u32 begin, u32 end) {
    auto& segments = out_.segments;
    bool is_first = segments.size() == out_.first_segment[vreg];
    if (!is_first && segments.back().end == begin) {
      segments.back().end = end;
      return;
    }
    if (!is_first) segments.back().next = u32(segments.size());
    segments.push_back({begin, end, vreg, no_segment});
  }

  const ir::Function& function_;
  const VCode& code_;
  std::span<const VOpInfo> op_infos_;
  LiveRangesScratch& s_;
  LiveRanges& out_;
};

}  // namespace

bool find_live_ranges(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, u64 most_work,
                      LiveRangesScratch& scratch, LiveRanges& out) {
  return Finder(function, code, op_infos, scratch, out).run(most_work);
}

}  // namespace skerry::codegen
