#include "engine/codegen/linear_scan.h"

#include <algorithm>
#include <functional>

namespace skerry::codegen {

namespace {

constexpr u32 no_interval = ~u32{0};

// A list of ascending times, asked for the first at or after times that ascend as well.
struct Times {
  const Array<u32>* times;
  u32 cursor = 0;

  bool any_in(u32 begin, u32 end) {
    while (cursor < times->size() && (*times)[cursor] < begin) ++cursor;
    return cursor < times->size() && (*times)[cursor] < end;
  }
};

class Scan {
 public:
  Scan(const VCode& code, const Liveness& liveness, const RegisterFile& file, LinearScanScratch& scratch, Allocation& out)
      : code_(code), liveness_(liveness), file_(file), scratch_(scratch), out_(out), calls_{&liveness.calls} {
    for (u32 reg = 0; reg < 32; ++reg) {
      destroyed_[reg] = {&liveness.destroyed[reg]};
      if (!liveness.destroyed[reg].empty()) ever_destroyed_ |= u64{1} << reg;
    }
    for (u32 c = 0; c < std::size(all_); ++c)
      for (u32 i = 0; i < file.classes[c].count; ++i) all_[c] |= u64{1} << file.classes[c].order[i];
    std::fill(std::begin(holder_), std::end(holder_), no_interval);
  }

  void run() {
    out_.clear();
    out_.places.resize(code_.classes.size());
    scratch_.spilled.clear();
    for (u32 i = 0; i < liveness_.intervals.size(); ++i) place(i);
    give_slots();
  }

 private:
  const Interval& interval(u32 i) const { return liveness_.intervals[i]; }

  // Registers of the class that nothing destroys within the interval.
  u64 candidates(const Interval& live, RegClass reg_class) {
    u64 regs = all_[u8(reg_class)];
    if (calls_.any_in(live.begin, live.end)) regs &= file_.callee_saved;
    if (reg_class == RegClass::Int) {
      for (u64 rest = regs & ever_destroyed_; rest; rest &= rest - 1) {
        u32 reg = u32(__builtin_ctzll(rest));
        if (destroyed_[reg].any_in(live.begin, live.end)) regs &= ~(u64{1} << reg);
      }
    }
    return regs;
  }

  bool is_free(u32 reg, u32 time) const { return holder_[reg] == no_interval || interval(holder_[reg]).end <= time; }

  void place(u32 i) {
    const Interval& live = interval(i);
    RegClass reg_class = code_.classes[live.vreg];
    u64 regs = candidates(live, reg_class);
    const Hint& hint = liveness_.hints[live.vreg];
    if (!hint.related.is_none()) {
      Place related = out_.places[hint.related];
      if (related.is_reg() && take_if_free(i, related.reg(), regs)) return;
      // The other's own wish, where it has no place yet.
      if (related.is_none()) {
        const Hint& theirs = liveness_.hints[hint.related];
        if (theirs.reg != 0xff && take_if_free(i, theirs.reg, regs)) return;
        if (!theirs.related.is_none() && theirs.related != live.vreg) {
          Place second = out_.places[theirs.related];
          if (second.is_reg() && take_if_free(i, second.reg(), regs)) return;
        }
      }
    }
    if (hint.reg != 0xff && take_if_free(i, hint.reg, regs)) return;
    const RegisterFile::Class& all = file_.classes[u8(reg_class)];
    for (u32 k = 0; k < all.count; ++k) if (take_if_free(i, all.order[k], regs)) return;
    spill_one(i, regs);
  }

  bool take_if_free(u32 i, u32 reg, u64 regs) {
    if (!(regs >> reg & 1) || !is_free(reg, interval(i).begin)) return false;
    take(i, reg);
    return true;
  }

  void take(u32 i, u32 reg) {
    holder_[reg] = i;
    out_.places[interval(i).vreg] = Place::reg(reg);
    out_.used_registers |= u64{1} << reg;
  }

  // How dear it is to keep an interval in memory, for each unit of time that it holds a register.
  float density(u32 i) const {
    const Interval& live = interval(i);
    return liveness_.weights[live.vreg] / float(live.end - live.begin);
  }

  void spill_one(u32 i, u64 regs) {
    float least = density(i);
    u32 victim = register_count;
    for (u64 rest = regs; rest; rest &= rest - 1) {
      u32 reg = u32(__builtin_ctzll(rest));
      float theirs = density(holder_[reg]);
      if (theirs < least) least = theirs, victim = reg;
    }
    if (victim == register_count) {
      scratch_.spilled.push_back(i);
      return;
    }
    scratch_.spilled.push_back(holder_[victim]);
    out_.places[interval(holder_[victim]).vreg] = Place();
    take(i, victim);
  }

  // Slots are shared by intervals that do not overlap: in order of their beginnings, each
  // takes the slot that became free first.
  void give_slots() {
    std::sort(scratch_.spilled.begin(), scratch_.spilled.end());
    auto& in_use = scratch_.in_use;
    auto& free_slots = scratch_.free_slots;
    in_use.clear();
    free_slots.clear();
    for (u32 i : scratch_.spilled) {
      const Interval& live = interval(i);
      while (!in_use.empty() && in_use.front().end <= live.begin) {
        free_slots.push_back(in_use.front().slot);
        std::pop_heap(in_use.begin(), in_use.end(), std::greater<>());
        in_use.pop_back();
      }
      u32 slot;
      if (free_slots.empty()) {
        slot = out_.slot_count++;
      } else {
        slot = free_slots.back();
        free_slots.pop_back();
      }
      out_.places[live.vreg] = Place::slot(slot);
      in_use.push_back({live.end, slot});
      std::push_heap(in_use.begin(), in_use.end(), std::greater<>());
    }
  }

  const VCode& code_;
  const Liveness& liveness_;
  const RegisterFile& file_;
  LinearScanScratch& scratch_;
  Allocation& out_;
  Times calls_;
  Times destroyed_[32];
  u64 ever_destroyed_ = 0;      // bits of registers, as below
  u64 all_[2] = {};             // by RegClass: the registers of its order
  u32 holder_[register_count];  // the interval that took the register last
};

}  // namespace

void allocate_linear_scan(const VCode& code, const Liveness& liveness, const RegisterFile& file,
                          LinearScanScratch& scratch, Allocation& out) {
  Scan(code, liveness, file, scratch, out).run();
}

}  // namespace skerry::codegen
