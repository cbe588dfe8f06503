// From parts of bundles with a place each to an Allocation: places, moves, operands.
//
// A register whose parts have several places gets a further register for each of them (Allocation::values tells of
// which value), and its uses name the one that is there at their time. Between parts that follow each other in time,
// and along edges into blocks where another place is expected, moves are planned; what an edge hands over to parameters
// is among them. A value never changes, so its slot need be written once: either where it leaves a register for the
// slot, or behind its definition, if that runs less often; then leaving costs nothing. Between places in one loop the
// first is preferred, since a definition runs always, and a way out only sometimes.
//
// Where both edges of a branch move something, one would go over a piece of code of its own, and jump twice. So what
// the edge that runs more moves, if it does not go to the next block, happens before the branch where that is as good:
// into registers that nobody else holds there, and slots of the values themselves.

#pragma once

#include "engine/codegen/bundles.h"
#include "engine/codegen/occupancy.h"

namespace skerry::codegen {

// Part of a bundle. Its place is a register, or the slot with the bundle's number.
struct Part {
  u32 head;         // list of segments
  u32 bundle;
  ir::Loop context;  // it is within
  bool loops_cut = false;  // at the loops just below
  bool calls_cut = false;
  u32 sibling = ~u32{0};  // the part around the loop that this one is
  float gain = 0;
  Place place;
};

struct Piece {
  VReg vreg;
  u32 begin, end;
  Place place;
};

struct ResolvePartsScratch {
  std::vector<Piece> pieces;
  std::vector<u32> spilled;                 // bundles
  std::vector<std::pair<u32, u32>> in_use;  // heap of (end, slot)
  std::vector<u32> free_slots;
  IndexMap<VReg, u32> first_piece;          // of registers with several places, else ~0
  IndexMap<VReg, u8> is_stored;             // the slot holds its value from the definition on
  std::vector<PlannedMove> to_slots;
  std::vector<PlannedMove> early;           // of edges, before their branches
};

void resolve_parts(const ir::Function& function, VCode& code, std::span<const VOpInfo> op_infos,
                   const LiveRanges& ranges, std::span<const Part> parts, const Occupancy& occupancy, Bundles& bundles,
                   ResolvePartsScratch& scratch, Allocation& out);

}  // namespace skerry::codegen
