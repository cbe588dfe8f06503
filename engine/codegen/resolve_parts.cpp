#include "engine/codegen/resolve_parts.h"

#include <algorithm>
#include <functional>

namespace skerry::codegen {

namespace {

constexpr u32 no_slot = ~u32{0}, no_piece = ~u32{0}, no_bundle = ~u32{0};

class Resolver {
 public:
  Resolver(const ir::Function& function, VCode& code, std::span<const VOpInfo> op_infos, const LiveRanges& ranges,
           const Occupancy& occupancy, Bundles& bundles, ResolvePartsScratch& scratch, Allocation& out)
      : function_(function), code_(code), op_infos_(op_infos), ranges_(ranges), occupancy_(occupancy),
        bundles_(bundles), s_(scratch), out_(out) {}

  void run(std::span<const Part> parts) {
    u32 vregs = code_.classes.size();
    out_.places.resize(vregs);
    out_.first_copy = vregs;
    out_.plans_edges = true;
    give_slots(parts);
    collect(parts);
    s_.first_piece.clear();
    s_.first_piece.resize(vregs, no_piece);
    s_.is_stored.clear();
    s_.is_stored.resize(vregs, 0);
    for (u32 i = 0; i < s_.pieces.size();) {
      u32 end = i;
      while (end < s_.pieces.size() && s_.pieces[end].vreg == s_.pieces[i].vreg) ++end;
      resolve(i, end);
      i = end;
    }
    hand_over();
    // Of those that happen at once no two have one destination.
    auto before = [](const PlannedMove& a, const PlannedMove& b) { return a.at != b.at ? a.at < b.at : a.to < b.to; };
    std::sort(out_.moves.begin(), out_.moves.end(), before);
    std::sort(out_.edge_moves.begin(), out_.edge_moves.end(), before);
    move_before_branches();
    if (!s_.early.empty()) {
      out_.moves.insert(out_.moves.end(), s_.early.begin(), s_.early.end());
      std::sort(out_.moves.begin(), out_.moves.end(), before);
    }
    out_.counts.moves = out_.moves.size();
  }

 private:
  // --- slots: shared by bundles that do not overlap. In order of their beginnings, each takes the one that became
  // free first.
  void give_slots(std::span<const Part> parts) {
    s_.spilled.clear();
    for (const Part& part : parts) {
      if (part.head == no_segment || !part.place.is_slot()) continue;
      Bundle& bundle = bundles_.all[part.bundle];
      if (bundle.slot != no_slot) continue;
      bundle.slot = 0;
      s_.spilled.push_back(part.bundle);
    }
    std::sort(s_.spilled.begin(), s_.spilled.end(), [&](u32 a, u32 b) {
      u32 x = bundles_.all[a].begin, y = bundles_.all[b].begin;
      return x != y ? x < y : a < b;
    });
    s_.in_use.clear();
    s_.free_slots.clear();
    for (u32 i : s_.spilled) {
      Bundle& bundle = bundles_.all[i];
      while (!s_.in_use.empty() && s_.in_use.front().first <= bundle.begin) {
        s_.free_slots.push_back(s_.in_use.front().second);
        std::pop_heap(s_.in_use.begin(), s_.in_use.end(), std::greater<>());
        s_.in_use.pop_back();
      }
      if (s_.free_slots.empty()) {
        bundle.slot = out_.slot_count++;
      } else {
        bundle.slot = s_.free_slots.back();
        s_.free_slots.pop_back();
      }
      s_.in_use.push_back({bundle.end, bundle.slot});
      std::push_heap(s_.in_use.begin(), s_.in_use.end(), std::greater<>());
    }
  }

  // --- pieces: by register, ascending; neighbours in time with one place are one
  void collect(std::span<const Part> parts) {
    s_.pieces.clear();
    for (const Part& part : parts) if (part.head != no_segment) ++bundles_.all[part.bundle].parts;
    for (const Part& part : parts) {
      const Bundle& bundle = bundles_.all[part.bundle];
      Place place = part.place.is_slot() ? Place::slot(bundle.slot) : part.place;
      if (bundle.parts == 1) {  // one place for all
        for (u32 i = part.head; i != no_segment; i = ranges_.segments[i].next)
          out_.places[ranges_.segments[i].vreg] = place;
        continue;
      }
      for (u32 i = part.head; i != no_segment; i = ranges_.segments[i].next) {
        const Segment& s = ranges_.segments[i];
        s_.pieces.push_back({s.vreg, s.begin, s.end, place});
      }
    }
    std::sort(s_.pieces.begin(), s_.pieces.end(), [](const Piece& a, const Piece& b) {
      return a.vreg != b.vreg ? a.vreg < b.vreg : a.begin < b.begin;
    });
    usize kept = 0;
    for (const Piece& piece : s_.pieces) {
      if (kept > 0) {
        Piece& last = s_.pieces[kept - 1];
        if (last.vreg == piece.vreg && last.end == piece.begin && last.place == piece.place) {
          last.end = piece.end;
          continue;
        }
      }
      s_.pieces[kept++] = piece;
    }
    s_.pieces.resize(kept);
  }

  void resolve(u32 first, u32 end) {
    VReg vreg = s_.pieces[first].vreg;
    out_.places[vreg] = s_.pieces[first].place;
    bool is_split = false;
    for (u32 i = first + 1; i < end && !is_split; ++i) is_split = s_.pieces[i].place != s_.pieces[first].place;
    if (!is_split) return;
    s_.first_piece[vreg] = first;
    std::span<const Piece> pieces = std::span(s_.pieces).subspan(first, end - first);
    rename_uses(vreg, pieces);
    plan(vreg, pieces);
  }

  // The register of the value in a place that is not the first one's.
  VReg copy_in(VReg vreg, Place place) {
    if (place == out_.places[vreg]) return vreg;
    for (u32 i = first_copy_; i < out_.values.size(); ++i)
      if (out_.places[VReg(out_.first_copy + i)] == place) return VReg(out_.first_copy + i);
    VReg copy = code_.new_vreg(code_.classes[vreg]);
    out_.places.push(place);
    out_.values.push_back(vreg);
    return copy;
  }

  void rename_uses(VReg vreg, std::span<const Piece> pieces) {
    first_copy_ = u32(out_.values.size());
    usize at = 0;
    for (const Use& use : ranges_.uses_of(vreg)) {
      if (use.kind == UseKind::Edge) continue;
      while (at + 1 < pieces.size() && pieces[at + 1].begin <= use.time) ++at;
      VReg named = copy_in(vreg, pieces[at].place);
      VInst& inst = code_.insts[use.time / 4];
      switch (use.kind) {
        case UseKind::A: inst.a = named; break;
        case UseKind::B: inst.b = named; break;
        case UseKind::C: inst.c = named; break;
        case UseKind::List: code_.lists[use.at] = named; break;
        case UseKind::Edge: break;
      }
    }
  }

  // --- moves

  Place place_at(std::span<const Piece> pieces, u32 time) const {
    auto begins_behind = [](u32 t, const Piece& piece) { return t < piece.begin; };
    auto at = std::upper_bound(pieces.begin(), pieces.end(), time, begins_behind);
    DCHECK(at != pieces.begin());
    --at;
    DCHECK(time < at->end);
    return at->place;
  }
  Place place_at(VReg vreg, u32 time) const {
    u32 first = s_.first_piece[vreg];
    if (first == no_piece) return out_.places[vreg];
    // Pieces are ordered by register, so that those of this one end where another's begin.
    auto behind = std::upper_bound(s_.pieces.begin() + first, s_.pieces.end(), vreg,
                                   [](VReg v, const Piece& piece) { return v < piece.vreg; });
    u32 end = u32(behind - s_.pieces.begin());
    return place_at(std::span(s_.pieces).subspan(first, end - first), time);
  }
  u32 end_of(ir::Block block) const { return 4 * (code_.blocks[block].end - 1); }  // time of its terminator

  void plan(VReg vreg, std::span<const Piece> pieces) {
    u32 definition = ranges_.definitions[vreg];
    float leaving = 0;
    s_.to_slots.clear();
    to_slot_edges_.clear();
    auto move = [&](PlannedMove planned, bool on_edge, u32 weight) {
      if (planned.to.is_slot()) {
        leaving += float(weight);
        (on_edge ? to_slot_edges_ : s_.to_slots).push_back(planned);
      } else {
        (on_edge ? out_.edge_moves : out_.moves).push_back(planned);
      }
    };
    for (usize i = 0; i < pieces.size(); ++i) {
      const Piece& piece = pieces[i];
      ir::Block block = ranges_.block_of[piece.begin / 4];
      u32 block_begin = 4 * code_.blocks[block].begin;
      bool at_border = piece.begin == block_begin;
      if (i > 0 && pieces[i - 1].end == piece.begin && !at_border)
        move({piece.begin / 4, piece.place, pieces[i - 1].place, vreg}, false, code_.blocks[block].weight);
      // Blocks that it lives into.
      if (!at_border || piece.begin == definition) block = block.next();
      for (; block != code_.blocks.end_key() && 4 * code_.blocks[block].begin < piece.end; block = block.next()) {
        for (const Edge& edge : ranges_.edges_into(block)) {
          u32 time = end_of(edge.from);
          if (piece.begin <= time && time < piece.end) continue;
          Place from = place_at(pieces, time);
          if (from == piece.place) continue;
          u32 weight = std::min(code_.blocks[edge.from].weight, code_.blocks[block].weight);
          move({edge.target, piece.place, from, vreg}, true, weight);
        }
      }
    }
    // One store behind the definition in place of all.
    Place first = pieces[0].place;
    const VBlock& home = code_.blocks[ranges_.block_of[definition / 4]];
    if (first.is_slot()) {
      s_.is_stored[vreg] = 1;
    } else if (leaving >= 2 * float(home.weight)) {
      s_.is_stored[vreg] = 1;
      // Parameters arrive before the first instruction, those of the function in it.
      bool is_param = definition % 4 == 0 && definition != 0;
      out_.moves.push_back({definition / 4 + (is_param ? 0 : 1), slot_of(vreg), first, vreg});
    } else {
      out_.moves.insert(out_.moves.end(), s_.to_slots.begin(), s_.to_slots.end());
      out_.edge_moves.insert(out_.edge_moves.end(), to_slot_edges_.begin(), to_slot_edges_.end());
    }
  }

  Place slot_of(VReg vreg) const { return Place::slot(bundles_.all[bundles_.of[vreg]].slot); }

  // What edges hand over. A slot that holds the argument already is the parameter's if both are of one bundle.
  void hand_over() {
    for (const Edge& edge : ranges_.edges) {
      u32 first = function_.blocks[edge.to].begin;
      std::span<const u32> args = function_.target_args(edge.target);
      for (u32 i = 0; i < args.size(); ++i) {
        VReg param(first + i), arg(args[i]);
        if (code_.classes[param] == RegClass::Unused) continue;
        Place to = out_.places[param];
        bool is_constant = function_[ir::Value(arg.raw())].op == ir::Op::Const;
        Place from = is_constant ? Place() : place_at(arg, end_of(edge.from));
        if (from == to) continue;
        bool is_there = !is_constant && to.is_slot() && s_.is_stored[arg] && bundles_.of[arg] == bundles_.of[param];
        if (is_there) continue;
        out_.edge_moves.push_back({edge.target, to, from, arg});
      }
    }
  }

  // --- before branches

  void move_before_branches() {
    s_.early.clear();
    if (out_.edge_moves.empty()) return;
    auto weight_of = [&](u32 target) { return code_.blocks[function_.target_block(target)].weight; };
    bool any = false;
    for (ir::Block block(0); block < code_.blocks.end_key(); block = block.next()) {
      const ir::Inst& inst = function_[ir::Value(function_.blocks[block].end - 1)];
      if (inst.op != ir::Op::Branch || weight_of(inst.b) == weight_of(inst.c)) continue;
      u32 target = weight_of(inst.b) > weight_of(inst.c) ? inst.b : inst.c;
      if (function_.target_block(target) == block.next()) continue;
      any |= move_before_branch(block, target);
    }
    if (any) std::erase_if(out_.edge_moves, [](const PlannedMove& move) { return move.to.is_none(); });
  }

  bool move_before_branch(ir::Block block, u32 target) {
    auto [first, last] = std::ranges::equal_range(out_.edge_moves, target, {}, &PlannedMove::at);
    if (first == last) return false;
    u32 branch = code_.blocks[block].end - 1;
    if (has_moves(branch)) return false;
    auto fit = [&](u32 inst) {
      u64 taken = occupancy_.taken(4 * inst, 4 * branch + 4);
      return std::ranges::all_of(std::ranges::subrange(first, last), [&](const PlannedMove& move) {
        if (!move.from.is_none() && ranges_.definitions[move.value] >= 4 * inst) return false;
        if (move.to.is_reg()) return !(taken >> move.to.reg() & 1);
        return bundles_.of[move.value] != no_bundle && move.to == slot_of(move.value);
      });
    };
    // In front of a comparison as well, since processors take it and the branch behind it as one.
    const VInst* test = branch > code_.blocks[block].begin ? &code_.insts[branch - 1] : nullptr;
    bool is_plain = test && test->d.is_none() && op_infos_[test->op].kind == VKind::Plain &&
                    !op_infos_[test->op].destroys;
    u32 at = is_plain && !has_moves(branch - 1) && fit(branch - 1) ? branch - 1 : branch;
    if (at == branch && !fit(branch)) return false;
    for (auto move = first; move != last; ++move) {
      s_.early.push_back(*move);
      s_.early.back().at = at;
      move->to = Place();  // it is no longer one of the edge's
    }
    return true;
  }
  bool has_moves(u32 inst) const { return std::ranges::binary_search(out_.moves, inst, {}, &PlannedMove::at); }

  const ir::Function& function_;
  VCode& code_;
  std::span<const VOpInfo> op_infos_;
  const LiveRanges& ranges_;
  const Occupancy& occupancy_;
  Bundles& bundles_;
  ResolvePartsScratch& s_;
  Allocation& out_;
  u32 first_copy_ = 0;  // of the register whose uses are named, in Allocation::values
  std::vector<PlannedMove> to_slot_edges_;
};

}  // namespace

void resolve_parts(const ir::Function& function, VCode& code, std::span<const VOpInfo> op_infos,
                   const LiveRanges& ranges, std::span<const Part> parts, const Occupancy& occupancy, Bundles& bundles,
                   ResolvePartsScratch& scratch, Allocation& out) {
  Resolver(function, code, op_infos, ranges, occupancy, bundles, scratch, out).run(parts);
}

}  // namespace skerry::codegen
