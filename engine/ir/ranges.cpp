#include "engine/ir/ranges.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace skerry::ir {

namespace {

constexpr i64 modulus = i64{1} << 32;
constexpr i64 most_step = 1 << 16;

Range joined(Range x, Range y) {
  if (x.low < 0) y = y.about_zero();
  if (y.low < 0) x = x.about_zero();
  return Range::of(std::min(x.low, y.low), std::max(x.high, y.high));
}

// Of the product of two numbers; all of it where that does not fit.
Range product(Range x, Range y) {
  x = x.about_zero(), y = y.about_zero();
  i64 low = INT64_MAX, high = INT64_MIN;
  for (i64 a : {x.low, x.high})
    for (i64 b : {y.low, y.high}) {
      i64 corner;
      if (__builtin_mul_overflow(a, b, &corner)) return {};
      low = std::min(low, corner), high = std::max(high, corner);
    }
  return Range::of(low, high);
}

}  // namespace

Range Range::of(i64 low, i64 high) {
  if (low > high || low < -(i64{1} << 62) || high > i64{1} << 62 || high - low >= modulus) return {};
  i64 base = low & ~(modulus - 1);
  low -= base, high -= base;
  if (high < modulus) return {low, high};
  low -= modulus, high -= modulus;
  return low >= -modulus / 2 && high < modulus / 2 ? Range{low, high} : Range{};
}

void Ranges::find(const Function& function) {
  function_ = &function;
  ranges_.clear();
  ranges_.resize(function.insts.size());
  is_brought_.clear();
  is_brought_.resize(function.insts.size(), 0);
  find_edges();
  for (Block block(0); block < function.blocks.end_key(); block = block.next()) {
    const BlockData& data = function.blocks[block];
    if (!data.loop.is_none() && function.loops[data.loop].header == block) find_counters(data.loop);
    for (u32 at = data.begin + data.params; at < data.end; ++at) {
      const Inst& inst = function[Value(at)];
      if (inst.type == Type::I32) ranges_[at] = operation(inst);
    }
    function.for_each_target(function[Value(data.end - 1)], [&](u32 target) { bring(target, block); });
  }
}

void Ranges::find_edges() {
  const Function& function = *function_;
  back_edges_.clear();
  back_edges_.resize(function.loops.size());
  rounds_.clear();
  rounds_.resize(function.loops.size(), 0);
  forward_.clear();
  forward_.resize(function.blocks.size());
  for (Block block(0); block < function.blocks.end_key(); block = block.next())
    function.for_each_target(function[Value(function.blocks[block].end - 1)], [&](u32 target) {
      Block to = function.target_block(target);
      if (to > block) {
        forward_[to.raw()] = {block, target, forward_[to.raw()].count + 1};
        return;
      }
      BackEdge& edge = back_edges_[function.blocks[to].loop.raw()];
      edge = {block, target, edge.count + 1};
    });
}

// What the edge to a block that stands further down hands to its parameters.
void Ranges::bring(u32 target, Block from) {
  const Function& function = *function_;
  Block to = function.target_block(target);
  if (to <= from) return;
  u32 param = function.blocks[to].begin;
  Loop loop = function.blocks[to].loop;
  bool is_header = !loop.is_none() && function.loops[loop].header == to;
  for (u32 argument : function.target_args(target)) {
    if (function.type(Value(argument)) == Type::I32) {
      Range brought = is_header ? on_the_way(Value(argument), from) : ranges_[argument];
      ranges_[param] = is_brought_[param] ? joined(ranges_[param], brought) : brought;
      is_brought_[param] = 1;
    }
    ++param;
  }
}

// The constant that a value is the sum of `param` and; 0 if it is no such sum, or a large step.
i64 Ranges::step_of(Value value, u32 param) const {
  const Inst& sum = (*function_)[value];
  if (sum.op != Op::IAdd || sum.type != Type::I32 || sum.a != param) return 0;
  const Inst& step = (*function_)[Value(sum.b)];
  if (step.op != Op::Const) return 0;
  i64 c = i32(u32(step.imm64()));
  return c >= -most_step && c <= most_step ? c : 0;
}

// How many times the loop's header runs at most from one entry to the next; 0: nobody knows. Parameters of the header
// have the ranges of what is brought from outside.
u64 Ranges::rounds(Loop loop) const {
  const Function& function = *function_;
  const BackEdge& edge = back_edges_[loop.raw()];
  const Inst& end = function[Value(function.blocks[edge.from].end - 1)];
  if (edge.count != 1 || end.op != Op::Branch) return 0;
  bool goes_back_if = end.b == edge.target;
  // Where it goes back the step is not this number.
  Value step(end.a);
  u32 last = 0;
  const Inst& test = function[step];
  if (test.op == Op::ICmp) {
    const Inst& constant = function[Value(test.b)];
    if (test.cond() != (goes_back_if ? Cond::Ne : Cond::Eq) || constant.op != Op::Const) return 0;
    step = Value(test.a);
    last = u32(constant.imm64());
  } else if (!goes_back_if) {
    return 0;
  }
  const BlockData& header = function.blocks[function.loops[loop].header];
  std::span<const u32> brought = function.target_args(edge.target);
  for (u32 i = 0; i < brought.size(); ++i) {
    u32 param = header.begin + i;
    if (brought[i] != step.raw() || function.type(Value(param)) != Type::I32 || !is_brought_[param]) continue;
    i64 d = step_of(step, param);
    Range init = ranges_[param];
    bool is_one = init.low == init.high;
    if (d == 0 || (!is_one && d != 1 && d != -1)) continue;
    // From the end of the range that is nearer to it.
    i64 to_last = d > 0 ? last - u32(init.high) : u32(init.low) - last;  // modulo 2^32
    if (to_last == 0) to_last = modulus;
    i64 way = to_last + (init.high - init.low);
    if (way % d == 0) return u64(way / (d < 0 ? -d : d));
  }
  return 0;
}

void Ranges::find_counters(Loop loop) {
  const Function& function = *function_;
  Block block = function.loops[loop].header;
  const BlockData& header = function.blocks[block];
  const BackEdge& edge = back_edges_[loop.raw()];
  u64 rounds = edge.count == 1 ? this->rounds(loop) : 0;
  rounds_[loop.raw()] = rounds;
  for (u32 i = 0; i < header.params; ++i) {
    u32 param = header.begin + i;
    Range init = ranges_[param];
    ranges_[param] = {};
    if (function.type(Value(param)) != Type::I32 || edge.count != 1 || !is_brought_[param]) continue;
    Value brought(function.target_args(edge.target)[i]);
    if (brought.raw() == param) {
      ranges_[param] = init;
    } else if (i64 c = step_of(brought, param); c != 0 && rounds != 0) {
      i64 way = i64(rounds - 1) * c;
      ranges_[param] = Range::of(init.low + std::min(way, i64{0}), init.high + std::max(way, i64{0}));
    }
  }
}

// The range of a value at the end of the block `from`; more than that of the value where it is a counter of the
// loop around, and the way from the header there decides something about one of its counters.
Range Ranges::on_the_way(Value counter, Block from) const {
  const Function& function = *function_;
  Range known = ranges_[counter.raw()];
  Loop loop = function.blocks[from].loop;
  if (loop.is_none() || rounds_[loop.raw()] == 0) return known;
  if (function[counter].op != Op::Param || !known.is_known()) return known;
  Block head = function.loops[loop].header;
  const BlockData& header = function.blocks[head];
  std::span<const u32> brought = function.target_args(back_edges_[loop.raw()].target);
  auto step = [&](u32 param) {
    bool is_of_header = param >= header.begin && param < header.begin + header.params;
    return is_of_header && ranges_[param].is_known() ? step_of(Value(brought[param - header.begin]), param) : 0;
  };
  i64 c = step(counter.raw());
  if (c == 0) return known;
  const i64 last = i64(rounds_[loop.raw()]) - 1;
  i64 first_round = 0, last_round = last;
  constexpr u32 most_blocks = 4;
  for (u32 i = 0; i < most_blocks && from != head; ++i) {
    const Forward& edge = forward_[from.raw()];
    if (edge.count != 1) break;
    const Inst& branch = function[Value(function.blocks[edge.from].end - 1)];
    from = edge.from;
    if (branch.op != Op::Branch) continue;
    const Inst& test = function[Value(branch.a)];
    if (test.op != Op::ICmp || function[Value(test.b)].op != Op::Const) continue;
    i64 d = step(test.a), bound = u32(function[Value(test.b)].imm64());
    // Its init is one number, and signed and unsigned comparisons are the same.
    Range range = ranges_[test.a];
    i64 length = range.high - range.low;
    if (d == 0 || length != last * (d < 0 ? -d : d)) continue;
    if (!range.is_unsigned() || !range.is_signed() || bound >= modulus / 2) continue;
    bool holds = branch.b == edge.target;
    i64 low = range.low, high = range.high;
    // Either the counter is below `end`, or it is not.
    bool below, is_end_in = test.cond() == Cond::LeS || test.cond() == Cond::LeU || test.cond() == Cond::GtS ||
                            test.cond() == Cond::GtU;
    switch (test.cond()) {
      case Cond::LtS: case Cond::LtU: case Cond::LeS: case Cond::LeU: below = holds; break;
      case Cond::GtS: case Cond::GtU: case Cond::GeS: case Cond::GeU: below = !holds; break;
      default: continue;
    }
    i64 end = bound + is_end_in;
    if (below) high = std::min(high, end - 1);
    else low = std::max(low, end);
    // Rounds that are not whole are none: downwards from the end, upwards from the beginning.
    i64 size = d < 0 ? -d : d;
    i64 to_first = d > 0 ? low - range.low : range.high - high, to_last = d > 0 ? high - range.low : range.high - low;
    if (to_last < 0 || low > high) return known;  // nothing comes here
    first_round = std::max(first_round, (to_first + size - 1) / size);
    last_round = std::min(last_round, to_last / size);
  }
  if (first_round > last_round) return known;
  i64 less_at_first = first_round * c, less_at_last = (last - last_round) * c;
  if (c > 0) return {known.low + less_at_first, known.high - less_at_last};
  return {known.low - less_at_last, known.high + less_at_first};
}

Range Ranges::operation(const Inst& inst) const {
  const Function& function = *function_;
  auto constant = [&](u32 value) -> std::optional<u64> {
    const Inst& inst = function[Value(value)];
    return inst.op == Op::Const ? std::optional(inst.imm64()) : std::nullopt;
  };
  switch (inst.op) {
    case Op::Const: return Range::exactly(u32(inst.imm64()));
    case Op::ICmp: case Op::FCmp: return {0, 1};
    case Op::Load8U: return {0, 0xff};
    case Op::Load16U: return {0, 0xffff};
    case Op::Load8S: case Op::IExtend8S: return {-0x80, 0x7f};
    case Op::Load16S: case Op::IExtend16S: return {-0x8000, 0x7fff};
    case Op::IClz: case Op::ICtz: case Op::IPopcnt: return {0, 32};
    case Op::Wrap: {
      // wrap(y >> k), k > 32: what is left are 64 - k bits.
      const Inst& shift = function[Value(inst.a)];
      if (shift.op != Op::IShrU) return {};
      std::optional<u64> k = constant(shift.b);
      return k && (*k & 63) > 32 ? Range{0, (i64{1} << (64 - (*k & 63))) - 1} : Range{};
    }
    default: break;
  }
  if (info(inst.op).shape != Shape::VV && info(inst.op).shape != Shape::VVV) return {};
  Range x = ranges_[inst.a], y = ranges_[inst.b];
  switch (inst.op) {
    case Op::IAdd: return Range::of(x.low + y.low, x.high + y.high);
    case Op::ISub: return Range::of(x.low - y.high, x.high - y.low);
    case Op::IMul: return product(x, y);
    case Op::IShl: {
      std::optional<u64> k = constant(inst.b);
      return k ? product(x, Range::exactly(u32{1} << (*k & 31))) : Range{};
    }
    case Op::IShrU: {
      std::optional<u64> k = constant(inst.b);
      if (!k) return x.is_unsigned() ? Range{0, x.high} : Range{};
      if (!x.is_unsigned()) x = {};
      return {x.low >> (*k & 31), x.high >> (*k & 31)};
    }
    // No more bits than either has that is known to have none above.
    case Op::IAnd: return {0, std::min(x.is_unsigned() ? x.high : modulus - 1, y.is_unsigned() ? y.high : modulus - 1)};
    case Op::IOr: case Op::IXor:
      if (!x.is_unsigned() || !y.is_unsigned()) return {};
      return {0, (i64{1} << std::bit_width(u64(x.high | y.high))) - 1};
    case Op::IDivU: return x.is_unsigned() ? Range{0, x.high} : Range{};
    case Op::IRemU: {
      if (!x.is_unsigned()) x = {};
      return {0, y.is_unsigned() && y.high > 0 ? std::min(x.high, y.high - 1) : x.high};
    }
    case Op::Select: return joined(x, y);
    default: return {};
  }
}

}  // namespace skerry::ir
