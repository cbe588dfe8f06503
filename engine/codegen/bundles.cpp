#include "engine/codegen/bundles.h"

#include <algorithm>

namespace skerry::codegen {

namespace {

constexpr u32 no_bundle = ~u32{0};

class Former {
 public:
  Former(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, BundlesScratch& scratch,
         LiveRanges& ranges, Bundles& out)
      : function_(function), code_(code), op_infos_(op_infos), s_(scratch), ranges_(ranges), out_(out) {}

  void run(u64 most_work) {
    begin();
    relate();
    u64 work = 0;
    for (const auto& relation : s_.relations) {
      if (work > most_work) break;
      work += join(find(out_.of[relation.x]), find(out_.of[relation.y]));
    }
    for (u32& bundle : out_.of) if (bundle != no_bundle) bundle = find(bundle);
    ranges_.work += work;
  }

 private:
  void begin() {
    u32 vregs = code_.classes.size();
    out_.all.clear();
    out_.of.clear();
    out_.of.resize(vregs, no_bundle);
    s_.joined_to.clear();
    s_.previous.resize(ranges_.segments.size());
    for (VReg vreg(0); vreg.raw() < vregs; vreg = vreg.next()) {
      u32 first = ranges_.first_segment[vreg], end = ranges_.first_segment[vreg.next()];
      if (first == end) continue;
      for (u32 i = first; i < end; ++i) s_.previous[i] = i > first ? i - 1 : no_segment;
      out_.of[vreg] = u32(out_.all.size());
      s_.joined_to.push_back(u32(out_.all.size()));
      out_.all.push_back({first, end - 1, ranges_.segments[first].begin, ranges_.segments[end - 1].end});
    }
  }

  // Each instruction once, each edge once, heaviest first.
  void relate() {
    s_.relations.clear();
    auto add = [&](u32 weight, VReg x, VReg y) {
      if (x.is_none() || y.is_none() || out_.of[x] == no_bundle || out_.of[y] == no_bundle) return;
      if (code_.classes[x] == code_.classes[y]) s_.relations.push_back({weight, u32(s_.relations.size()), x, y});
    };
    for (ir::Block block(0); block != code_.blocks.end_key(); block = block.next()) {
      const VBlock& range = code_.blocks[block];
      for (u32 p = range.begin; p < range.end; ++p) {
        const VInst& inst = code_.insts[p];
        if (op_infos_[inst.op].tied) add(range.weight, inst.d, inst.a);
      }
      for (const Edge& edge : ranges_.edges_into(block)) {
        std::span<const u32> args = function_.target_args(edge.target);
        u32 first = function_.blocks[block].begin;
        for (u32 i = 0; i < args.size(); ++i) add(code_.blocks[edge.from].weight, VReg(first + i), VReg(args[i]));
      }
    }
    std::sort(s_.relations.begin(), s_.relations.end(), [](const auto& a, const auto& b) {
      return a.weight != b.weight ? a.weight > b.weight : a.order < b.order;
    });
  }

  u32 find(u32 bundle) {
    while (s_.joined_to[bundle] != bundle) {
      s_.joined_to[bundle] = s_.joined_to[s_.joined_to[bundle]];
      bundle = s_.joined_to[bundle];
    }
    return bundle;
  }

  Segment& segment(u32 i) { return ranges_.segments[i]; }

  // How many steps that took.
  u32 join(u32 a, u32 b) {
    if (a == b) return 1;
    Bundle *x = &out_.all[a], *y = &out_.all[b];
    if (y->begin < x->begin) std::swap(x, y), std::swap(a, b);
    u32 steps = 1;
    // The last of x that ends before y begins.
    u32 before = x->tail;
    while (before != no_segment && segment(before).end > y->begin) ++steps, before = s_.previous[before];
    if (meet(before == no_segment ? x->head : segment(before).next, y->head, steps)) return steps;
    interleave(*x, before, *y, steps);
    x->end = std::max(x->end, y->end);
    y->head = no_segment;
    s_.joined_to[b] = a;
    return steps;
  }

  bool meet(u32 i, u32 k, u32& steps) {
    while (i != no_segment && k != no_segment) {
      ++steps;
      const Segment &p = segment(i), &q = segment(k);
      if (p.end <= q.begin) i = p.next;
      else if (q.end <= p.begin) k = q.next;
      else return true;
    }
    return false;
  }

  // y into what comes behind `last` in x.
  void interleave(Bundle& x, u32 last, const Bundle& y, u32& steps) {
    u32 i = last == no_segment ? x.head : segment(last).next, k = y.head;
    while (i != no_segment && k != no_segment) {
      ++steps;
      bool from_x = segment(i).begin < segment(k).begin;
      u32 next = from_x ? i : k;
      (from_x ? i : k) = segment(next).next;
      link(last, next);
      last = next;
    }
    link(last, i != no_segment ? i : k);
    if (i == no_segment) x.tail = y.tail;
  }
  void link(u32 last, u32 next) {
    if (last != no_segment) segment(last).next = next;
    s_.previous[next] = last;
  }

  const ir::Function& function_;
  const VCode& code_;
  std::span<const VOpInfo> op_infos_;
  BundlesScratch& s_;
  LiveRanges& ranges_;
  Bundles& out_;
};

}  // namespace

void form_bundles(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, u64 most_work,
                  BundlesScratch& scratch, LiveRanges& ranges, Bundles& out) {
  Former(function, code, op_infos, scratch, ranges, out).run(most_work);
}

}  // namespace skerry::codegen
