// Exact live ranges: for each virtual register the stretches of time in which its value is needed, and its uses.
//
// A segment is a run of time, [begin, end), in which one register lives; those of a register ascend, and between them
// are holes. Time is that of vcode.h: 4p to 4p + 3 within instruction p, and blocks are in their order. What leads into
// a block is not near it in time, so a register lives into a block exactly if one of its segments covers the block's
// begin.
//
// A register that is used in the block of its definition alone is done in one step; for the others the blocks
// are walked backwards from each use until the definition (path exploration, after Boissinot et al., "Fast
// liveness checking for SSA-form programs", 2008). The steps are counted: past a multiple of the function's
// size the answer is that it is too large, and the caller takes another allocator.

#pragma once

#include "engine/codegen/live.h"

namespace skerry::codegen {

constexpr u32 no_segment = ~u32{0};

struct Segment {
  u32 begin;  // times
  u32 end;
  VReg vreg;
  u32 next;   // in the list that it is in: of its register, later of a bundle or a part of one
};

// Where a use stands, to be written anew.
enum class UseKind : u8 { A, B, C, List, Edge };

struct Use {
  u32 time;       // the last within its instruction at which the register must be there
  UseKind kind;
  u32 at;         // List: position in VCode::lists; Edge: position of the target in ir::Function::extra
};

// An edge between blocks; a terminator that names a target twice has it once.
struct Edge {
  ir::Block from;
  ir::Block to;
  u32 target;
};

struct LiveRanges {
  std::vector<Segment> segments;        // by register, each register's ascending
  IndexMap<VReg, u32> first_segment;    // with one more entry behind the last register
  std::vector<Use> uses;                // the same
  IndexMap<VReg, u32> first_use;
  IndexMap<VReg, u32> definitions;      // times; ~0: none
  std::vector<Edge> edges;              // by the block that they lead to
  IndexMap<ir::Block, u32> first_edge;  // with one more entry
  std::vector<ir::Block> block_of;      // by instruction
  u64 work = 0;

  std::span<const Segment> of(VReg vreg) const {
    return std::span(segments).subspan(first_segment[vreg], first_segment[vreg.next()] - first_segment[vreg]);
  }
  std::span<const Use> uses_of(VReg vreg) const {
    return std::span(uses).subspan(first_use[vreg], first_use[vreg.next()] - first_use[vreg]);
  }
  std::span<const Edge> edges_into(ir::Block block) const {
    return std::span(edges).subspan(first_edge[block], first_edge[block.next()] - first_edge[block]);
  }
};

// Memory reused from function to function.
struct LiveRangesScratch {
  struct Read {
    VReg vreg;
    Use use;
  };
  struct Mark {
    VReg in, out;  // the register that was last seen to live into the block, out of it
    u32 end;       // of `in`, unless it lives out of the block
  };
  std::vector<Read> reads;
  std::vector<Edge> edges;
  std::vector<u32> targets;
  IndexMap<ir::Block, Mark> marks;
  std::vector<ir::Block> live_in, open;
};

// False: it would take more than `most_work` steps.
bool find_live_ranges(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, u64 most_work,
                      LiveRangesScratch& scratch, LiveRanges& out);

}  // namespace skerry::codegen
