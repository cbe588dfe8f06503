#include "engine/codegen/allocate_ranges.h"

#include <algorithm>

namespace skerry::codegen {

namespace {

constexpr u32 no_time = ~u32{0};
constexpr u32 no_part = ~u32{0};
constexpr u8 no_register = 0xff;
// Steps for each instruction, use and block of a function.
constexpr u64 most_live_work = 64, most_forming_work = 64, most_placing_work = 256;
// Keeping a callee-saved register takes a store and a load.
constexpr float cost_of_saving = 2;
// Who wants a certain register goes before who would take any.
constexpr float favour_of_hinted = 1.25f;
constexpr float favour_of_optional = 1.0f / 64;

struct List {
  u32 head = no_segment, tail = no_segment;
};

class Allocator {
 public:
  Allocator(const ir::Function& function, const VCode& code, const Liveness& liveness, const RegisterFile& file,
            AllocateRangesScratch& scratch, Allocation& out)
      : function_(function), code_(code), liveness_(liveness), file_(file), s_(scratch), ranges_(scratch.ranges),
        bundles_(scratch.bundles), out_(out) {
    for (u32 i = 0; i < 2; ++i)
      for (u32 k = 0; k < file.classes[i].count; ++k) allocatable_[i] |= u64{1} << file.classes[i].order[k];
    for (u32 reg = 0; reg < 32; ++reg) if (!liveness.destroyed[reg].empty()) destroyed_ |= 1u << reg;
  }

  void run(u64 most_work) {
    most_work_ = most_work;
    s_.occupancy.reset(u32(code_.insts.size()));
    s_.parts.clear();
    s_.waiting.clear();
    count_calls();
    find_inner_loops();
    for (u32 i = 0; i < bundles_.all.size(); ++i) {
      u32 head = bundles_.all[i].head;
      if (head != no_segment) wait({.head = head, .bundle = i, .context = ir::Loop::none()});
    }
    while (!s_.waiting.empty()) {
      std::pop_heap(s_.waiting.begin(), s_.waiting.end(), is_less);
      u32 part = s_.waiting.back().second;
      priority_ = s_.waiting.back().first;
      s_.waiting.pop_back();
      place(part);
    }
    out_.counts.work = ranges_.work + work_;
  }

 private:
  // --- what is asked often

  Segment& segment(u32 i) { return ranges_.segments[i]; }
  const VBlock& block_at(u32 time) const { return code_.blocks[ranges_.block_of[time / 4]]; }
  bool begins_with_definition(const Segment& s) const { return s.begin == ranges_.definitions[s.vreg]; }
  RegClass class_of_part(const Part& part) { return code_.classes[segment(part.head).vreg]; }

  void count_calls() {
    auto& before = s_.calls_before;
    before.assign(code_.insts.size() + 2, 0);
    for (u32 time : liveness_.calls) ++before[time / 4 + 1];
    for (usize i = 1; i < before.size(); ++i) before[i] += before[i - 1];
  }
  // The first call that destroys something in the range, as an instruction; how many there are before it.
  u32 calls_until(u32 time) const { return s_.calls_before[(time + 2) / 4]; }
  bool has_call(u32 begin, u32 end) const { return calls_until(begin) != calls_until(end); }

  void find_inner_loops() {
    s_.has_inner.assign(function_.loops.size() + 1, 0);
    for (const ir::LoopData& loop : function_.loops) s_.has_inner[inner_index(loop.parent)] = 1;
  }
  static u32 inner_index(ir::Loop loop) { return loop.is_none() ? 0 : loop.raw() + 1; }
  bool has_inner_loops(ir::Loop loop) const { return s_.has_inner[inner_index(loop)]; }
  u32 loop_begin(ir::Loop loop) const { return 4 * code_.blocks[function_.loops[loop].header].begin; }
  u32 loop_end(ir::Loop loop) const {
    ir::Block end = function_.loops[loop].end;
    return 4 * (end == code_.blocks.end_key() ? u32(code_.insts.size()) : code_.blocks[end].begin);
  }
  // The loop just below `context` that holds `loop`; none if `loop` is the context.
  ir::Loop below(ir::Loop context, ir::Loop loop) {
    while (!loop.is_none()) {
      ir::Loop parent = function_.loops[loop].parent;
      if (loop == context) return ir::Loop::none();
      if (parent == context) return loop;
      loop = parent;
      ++work_;
    }
    return loop;
  }

  // Registers that something else holds, or an instruction destroys, within [begin, end).
  u64 blocked(u32 begin, u32 end) {
    ++work_;
    u64 regs = s_.occupancy.taken(begin, end);
    if (has_call(begin, end)) regs |= ~file_.callee_saved;
    for (u32 rest = destroyed_; rest; rest &= rest - 1) {
      u32 reg = u32(__builtin_ctz(rest));
      const Array<u32>& times = liveness_.destroyed[reg];
      auto at = std::lower_bound(times.begin(), times.end(), begin);
      if (at != times.end() && *at < end) regs |= u64{1} << reg;
    }
    return regs;
  }

  // Calls visit(time) for each use of the segment within [begin, end); stops if it answers false.
  template <class Visit>
  bool each_use(const Segment& s, u32 begin, u32 end, Visit visit) {
    std::span<const Use> uses = ranges_.uses_of(s.vreg);
    auto at = uses.begin();
    auto is_before = [](const Use& use, u32 time) { return use.time < time; };
    if (uses.size() > 8) at = std::lower_bound(at, uses.end(), begin / 4 * 4, is_before);
    for (; at != uses.end() && at->time < end; ++at) {
      if (at->time < begin) continue;
      ++work_;
      if (!visit(at->time)) return false;
    }
    return true;
  }

  // --- parts that wait

  static bool is_less(const std::pair<float, u32>& a, const std::pair<float, u32>& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  }
  void wait(Part part) { wait(part, measure(part)); }
  void wait(const Part& part, float priority) {
    s_.parts.push_back(part);
    push(u32(s_.parts.size() - 1), priority);
  }
  void push(u32 part, float priority) {
    s_.waiting.push_back({priority, part});
    std::push_heap(s_.waiting.begin(), s_.waiting.end(), is_less);
  }

  // The gain of a register for the part, in all; the answer is that for each instruction, where it is hottest.
  float measure(Part& part) {
    float total = 0;
    u32 hottest = 0, length = 0;
    bool is_hinted = false;
    ir::Loop loop = ir::Loop::none();
    auto event = [&](u32 time) {
      const VBlock& block = block_at(time);
      total += float(block.weight);
      if (block.weight > hottest) hottest = block.weight, loop = function_.blocks[ranges_.block_of[time / 4]].loop;
      return true;
    };
    for (u32 i = part.head; i != no_segment; i = segment(i).next) {
      const Segment& s = segment(i);
      length += s.end - s.begin;
      is_hinted |= liveness_.hints[s.vreg].reg != no_register;
      if (begins_with_definition(s)) event(s.begin);
      each_use(s, s.begin, s.end, event);
    }
    part.gain = total;
    float favour = is_hinted ? favour_of_hinted : 1;
    // What its readers can do without takes what the others leave.
    if (segment(part.head).vreg == code_.optional) favour = favour_of_optional, part.gain *= favour_of_optional;
    if (loop.is_none() || loop == part.context) return favour * density(total, length);
    u32 begin = loop_begin(loop), end = loop_end(loop);
    float inside = 0;
    length = 0;
    for (u32 i = part.head; i != no_segment && segment(i).begin < end; i = segment(i).next) {
      const Segment& s = segment(i);
      if (s.end <= begin) continue;
      length += std::min(s.end, end) - std::max(s.begin, begin);
      if (begins_with_definition(s) && s.begin >= begin) inside += float(block_at(s.begin).weight);
      each_use(s, std::max(s.begin, begin), std::min(s.end, end), [&](u32 time) {
        inside += float(block_at(time).weight);
        return true;
      });
    }
    return favour * density(inside, length);
  }
  static float density(float gain, u32 length) { return gain / (float(length) / 4 + 2); }

  // --- placing

  void place(u32 index) {
    const Part& part = s_.parts[index];
    u64 free = worthwhile(part, free_for(part));
    if (part.gain == 0 && !pays_through(part)) return spill(index);
    if (free) return take(index, choose(part, free));
    if (part.gain == 0 || work_ > most_work_) return spill(index);
    split(index);
  }

  u64 free_for(const Part& part) {
    u64 free = allocatable_[u8(class_of_part(part))];
    for (u32 i = part.head; i != no_segment && free; i = segment(i).next)
      free &= ~blocked(segment(i).begin, segment(i).end);
    return free;
  }
  // Without those that it does not pay to save for so little.
  u64 worthwhile(const Part& part, u64 free) const {
    return part.gain <= cost_of_saving ? free & ~(file_.callee_saved & ~out_.used_registers) : free;
  }
  // A part that nobody uses leads through a loop: only from register to register.
  bool pays_through(const Part& part) const {
    return part.sibling == no_part || s_.parts[part.sibling].place.is_reg();
  }

  u32 choose(const Part& part, u64 free) {
    auto is_free = [&](u32 reg) { return reg != no_register && (free >> reg & 1); };
    const Segment& first = segment(part.head);
    // Where it arrives; else where other parts are.
    if (u32 reg = liveness_.hints[first.vreg].reg; begins_with_definition(first) && is_free(reg)) return reg;
    if (u32 reg = bundles_.all[part.bundle].reg; is_free(reg)) return reg;
    u32 seen = 0;
    VReg last = VReg::none();
    for (u32 i = part.head; i != no_segment && seen < 8; i = segment(i).next) {
      VReg vreg = segment(i).vreg;
      if (vreg == last) continue;
      last = vreg;
      ++seen;
      const Hint& hint = liveness_.hints[vreg];
      if (is_free(hint.reg)) return hint.reg;
      if (hint.related.is_none() || bundles_.of[hint.related] == ~u32{0}) continue;
      if (u32 reg = bundles_.all[bundles_.of[hint.related]].reg; is_free(reg)) return reg;
      if (u32 reg = liveness_.hints[hint.related].reg; is_free(reg)) return reg;
    }
    const RegisterFile::Class& all = file_.classes[u8(class_of_part(part))];
    for (u32 k = 0; k < all.count; ++k) if (is_free(all.order[k])) return all.order[k];
    UNREACHABLE("one is free");
  }

  void take(u32 index, u32 reg) {
    Part& part = s_.parts[index];
    part.place = Place::reg(reg);
    bundles_.all[part.bundle].reg = u8(reg);
    out_.used_registers |= u64{1} << reg;
    for (u32 i = part.head; i != no_segment; i = segment(i).next)
      s_.occupancy.take(segment(i).begin, segment(i).end, reg);
  }

  void spill(u32 index) { s_.parts[index].place = Place::slot(s_.parts[index].bundle); }

  // --- splitting

  void append(List& list, u32 i) {
    segment(i).next = no_segment;
    if (list.head == no_segment) list.head = i;
    else segment(list.tail).next = i;
    list.tail = i;
  }
  // Cuts a segment in two; the answer is the second.
  u32 cut(u32 i, u32 time) {
    Segment rest = segment(i);
    DCHECK(rest.begin < time && time < rest.end && time % 4 == 0);
    rest.begin = time;
    segment(i).end = time;
    segment(i).next = u32(ranges_.segments.size());
    ranges_.segments.push_back(rest);
    return u32(ranges_.segments.size() - 1);
  }
  void add_spilled(const Part& of, const List& list) {
    if (list.head == no_segment) return;
    Part part = of;
    part.head = list.head;
    part.place = Place::slot(of.bundle);
    s_.parts.push_back(part);
  }

  void split(u32 index) {
    if (!s_.parts[index].loops_cut && split_at_loops(index)) return;
    if (!s_.parts[index].calls_cut && split_at_calls(index)) return;
    split_where_taken(index);
  }

  bool split_at_loops(u32 index) {
    Part part = s_.parts[index];
    part.loops_cut = true;
    while (has_inner_loops(part.context)) {
      // All within one: that is the context.
      ir::Loop first = below(part.context, function_.blocks[ranges_.block_of[segment(part.head).begin / 4]].loop);
      if (first.is_none()) break;
      u32 end = loop_end(first);
      bool within = true;
      for (u32 i = part.head; i != no_segment && within; i = segment(i).next) ++work_, within = segment(i).end <= end;
      if (!within) break;
      part.context = first;
    }
    s_.parts[index].context = part.context;
    s_.parts[index].loops_cut = true;
    if (!has_inner_loops(part.context)) return false;

    List outside;
    bool found_outside = false;
    std::vector<InnerList>& inner = inner_;
    inner.clear();
    for (u32 i = part.head; i != no_segment;) {
      u32 next = segment(i).next;
      while (true) {
        u32 end = segment(i).end;
        ir::Block block = ranges_.block_of[segment(i).begin / 4];
        ir::Loop loop = below(part.context, function_.blocks[block].loop);
        u32 stop;
        if (loop.is_none()) {
          do {
            stop = 4 * code_.blocks[block].end;
            block = block.next();
            ++work_;
          } while (stop < end && below(part.context, function_.blocks[block].loop).is_none());
        } else {
          stop = loop_end(loop);
        }
        u32 rest = stop < end ? cut(i, stop) : no_segment;
        if (loop.is_none()) {
          append(outside, i);
          found_outside = true;
        } else {
          if (inner.empty() || inner.back().loop != loop) inner.push_back({loop, {}});
          append(inner.back().list, i);
        }
        if (rest == no_segment) break;
        i = rest;
      }
      i = next;
    }
    if (inner.size() + found_outside == 1) {  // the list is as it was
      s_.parts[index].head = found_outside ? outside.head : inner[0].list.head;
      return false;
    }
    for (const InnerList& one : inner) {
      u32 sibling = found_outside ? index : no_part;
      wait({.head = one.list.head, .bundle = part.bundle, .context = one.loop, .sibling = sibling});
    }
    part.head = outside.head;
    float priority = found_outside ? measure(part) : 0;
    s_.parts[index] = part;
    if (found_outside) push(index, priority);
    return true;
  }

  bool split_at_calls(u32 index) {
    s_.parts[index].calls_cut = true;
    const Part part = s_.parts[index];
    bool any = false;
    for (u32 i = part.head; i != no_segment && !any; i = segment(i).next)
      any = has_call(segment(i).begin, segment(i).end);
    if (!any) return false;
    List kept, spilled;
    for (u32 i = part.head; i != no_segment;) {
      u32 next = segment(i).next;
      keep_used(i, kept, spilled);
      i = next;
    }
    add_spilled(part, spilled);
    // What no call parts is placed together.
    s_.parts[index].head = no_segment;
    for (u32 i = kept.head; i != no_segment;) {
      Part stretch = part;
      stretch.calls_cut = true;
      stretch.head = i;
      u32 next;
      while ((next = segment(i).next) != no_segment && !has_call(segment(i).end, segment(next).begin)) i = next;
      segment(i).next = no_segment;
      i = next;
      wait(stretch);
    }
    return true;
  }

  // Of a segment, what is worth a register: stretches from a definition or use to another with no call between them.
  // What a call reads may be in a register until then only if that is before the stretch ends.
  void keep_used(u32 i, List& kept, List& spilled) {
    const Segment s = segment(i);
    u32 first = no_time, last = 0, events = 0;
    auto end_stretch = [&] {
      if (events >= 2) {
        if (segment(i).begin < first) {
          u32 rest = cut(i, first);
          append(spilled, i);
          i = rest;
        }
        u32 rest = last < segment(i).end ? cut(i, last) : no_segment;
        append(kept, i);
        i = rest;
      }
      events = 0;
      first = no_time;
    };
    auto event = [&](u32 time) {
      u32 begin = time / 4 * 4, end = begin + 4;
      // An operand of a call is read where it is during the call.
      bool calls_here = has_call(std::max(begin, s.begin), std::min(end, s.end));
      if (first != no_time && (calls_here || has_call(last, begin))) end_stretch();
      if (calls_here) return true;
      if (first == no_time) first = begin;
      last = end;
      ++events;
      return true;
    };
    if (begins_with_definition(s)) event(s.begin);
    each_use(s, s.begin, s.end, event);
    end_stretch();
    if (i != no_segment) append(spilled, i);
  }

  // Calls visit(time, is_definition) for each definition and use of a list from a time on.
  template <class Visit>
  void each_event(u32 head, u32 from, Visit visit) {
    for (u32 i = head; i != no_segment; i = segment(i).next) {
      const Segment s = segment(i);
      if (s.end <= from) continue;
      if (begins_with_definition(s) && s.begin >= from && !visit(s.begin, true)) return;
      if (!each_use(s, std::max(s.begin, from), s.end, [&](u32 time) { return visit(time, false); })) return;
    }
  }

  void split_where_taken(u32 index) {
    const Part part = s_.parts[index];
    // Registers that are free from the beginning, as far as there are any.
    u64 alive = allocatable_[u8(class_of_part(part))];
    u32 i = part.head;
    for (; i != no_segment; i = segment(i).next) {
      u64 left = alive & ~blocked(segment(i).begin, segment(i).end);
      if (!left) break;
      alive = left;
    }
    if (i == no_segment) return spill(index);  // there is one, but it would have to be saved for too little
    u32 low = segment(i).begin / 4, high = (segment(i).end + 3) / 4;
    while (high - low > 1) {
      u32 middle = low + (high - low) / 2;
      (alive & ~blocked(segment(i).begin, 4 * middle) ? low : high) = middle;
    }
    u32 end = std::max(4 * low, segment(i).begin);

    // The part's events: those before `end`, and the first behind them.
    u32 inside = 0, first = no_time, last = 0, all = 0;
    each_event(part.head, 0, [&](u32 time, bool) {
      ++all;
      if (first == no_time) first = time / 4 * 4 + 4;
      if (time < end) ++inside, last = time / 4 * 4 + 4;
      return all < 2 || time < end;
    });
    if (all < 2) return spill(index);
    bool keeps = inside >= 2;
    u32 leaves = keeps ? std::min(last, end) : first;
    u32 again = no_time;
    each_event(part.head, leaves, [&](u32 time, bool is_definition) {
      again = is_definition ? time : time / 4 * 4;
      return false;
    });

    List kept, between, rest;
    for (u32 k = part.head; k != no_segment;) {
      u32 next = segment(k).next;
      while (k != no_segment) {
        u32 begin = segment(k).begin, stop = segment(k).end;
        u32 behind = no_segment;
        List* list = &rest;
        u32 border = no_time;
        if (begin < leaves) list = keeps ? &kept : &between, border = leaves;
        else if (begin < again) list = &between, border = again;
        if (border < stop) behind = cut(k, border);
        append(*list, k);
        k = behind;
      }
      k = next;
    }
    add_spilled(part, between);
    if (rest.head != no_segment) {
      Part later = part;
      later.head = rest.head;
      wait(later, priority_);
    }
    s_.parts[index].head = kept.head;
    if (kept.head == no_segment) return;
    u64 free = worthwhile(part, free_for(s_.parts[index]));
    if (free) take(index, choose(s_.parts[index], free));
    else spill(index);
  }

  struct InnerList {
    ir::Loop loop;
    List list;
  };

  const ir::Function& function_;
  const VCode& code_;
  const Liveness& liveness_;
  const RegisterFile& file_;
  AllocateRangesScratch& s_;
  LiveRanges& ranges_;
  Bundles& bundles_;
  Allocation& out_;
  std::vector<InnerList> inner_;
  u64 allocatable_[2] = {};
  u32 destroyed_ = 0;
  u64 work_ = 0, most_work_ = 0;
  float priority_ = 0;  // of the part that is placed
};

// Whether each target belongs to one terminator, so that what its edge moves can be told by it.
bool targets_are_unique(const LiveRanges& ranges, std::vector<u32>& targets) {
  targets.clear();
  for (const Edge& edge : ranges.edges) targets.push_back(edge.target);
  std::sort(targets.begin(), targets.end());
  return std::adjacent_find(targets.begin(), targets.end()) == targets.end();
}

}  // namespace

void allocate_ranges(const ir::Function& function, VCode& code, std::span<const VOpInfo> op_infos,
                     const Liveness& liveness, const RegisterFile& file, AllocateRangesScratch& scratch,
                     Allocation& out) {
  u64 size = code.insts.size() + code.lists.size() + function.extra.size() + code.blocks.size();
  bool fits = find_live_ranges(function, code, op_infos, most_live_work * size, scratch.live_ranges, scratch.ranges);
  if (!fits || !targets_are_unique(scratch.ranges, scratch.live_ranges.targets)) {
    allocate_linear_scan(code, liveness, file, scratch.scan, out);
    out.counts = {.functions = 1, .work = scratch.ranges.work, .simple = 1};
    return;
  }
  out.clear();
  out.counts.functions = 1;
  form_bundles(function, code, op_infos, most_forming_work * size, scratch.forming, scratch.ranges, scratch.bundles);
  Allocator(function, code, liveness, file, scratch, out).run(most_placing_work * size);
  resolve_parts(function, code, op_infos, scratch.ranges, scratch.parts, scratch.occupancy, scratch.bundles,
                scratch.resolving, out);
}

}  // namespace skerry::codegen
