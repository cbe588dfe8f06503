// The rules of FolderOf (fold.h), each an equation. Included where a folder of another numbering is instantiated.

#pragma once

#include "engine/translate/fold.h"

#include <bit>
#include <utility>

namespace skerry::translate {

using ir::Cond;
using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

namespace rules {

inline u64 mask_of(Type type) { return ir::is_64(type) ? ~u64{0} : u64{~u32{0}}; }
inline u32 width_of(Type type) { return ir::is_64(type) ? 64 : 32; }
inline bool is_truth(const Inst& inst) { return inst.op == Op::ICmp || inst.op == Op::FCmp; }

// Whether negating the comparison gives one of the same kind. For floats only of equality: with a NaN neither x < y
// nor x >= y holds.
inline bool can_invert(const Inst& inst) {
  return inst.op == Op::ICmp || (inst.op == Op::FCmp && (inst.cond() == Cond::Eq || inst.cond() == Cond::Ne));
}

}  // namespace rules

template <class Numbering>
Value FolderOf<Numbering>::unary(Op op, Type type, Value x) {
  const Inst& inner = function_[x];
  if (inner.op == Op::Const) {
    if (auto bits = evaluate(op, type, inner.type, inner.imm64(), 0)) return numbering_.constant(type, *bits);
  }
  switch (op) {
    case Op::Wrap:
      // wrap(extend_s(x)) = wrap(extend_u(x)) = x: the low half is x.
      if (inner.op == Op::ExtendS || inner.op == Op::ExtendU) return Value(inner.a);
      break;
    case Op::Reinterpret:
      // reinterpret(reinterpret(x)) = x where the types are the same: no bit changes.
      if (inner.op == Op::Reinterpret && function_.type(Value(inner.a)) == type) return Value(inner.a);
      break;
    case Op::IExtend8S:
      // extend8_s(x) = x where x is an 8-bit number, sign-extended.
      if (inner.op == Op::IExtend8S || inner.op == Op::Load8S) return x;
      break;
    case Op::IExtend16S:
      // extend16_s(x) = x where x is a number of 16 bits or fewer, sign-extended.
      if (inner.op == Op::IExtend8S || inner.op == Op::IExtend16S || inner.op == Op::Load8S || inner.op == Op::Load16S)
        return x;
      break;
    case Op::IExtend32S:
      // extend32_s(x) = x where x is a number of 32 bits, sign-extended.
      if (inner.op == Op::ExtendS || inner.op == Op::IExtend32S || inner.op == Op::Load32S) return x;
      break;
    case Op::FNeg:
      // neg(neg(x)) = x: the sign flips twice.
      if (inner.op == Op::FNeg) return Value(inner.a);
      break;
    default: break;
  }
  return numbering_.add({.op = op, .type = type, .a = x.raw()});
}

template <class Numbering>
Value FolderOf<Numbering>::binary(Op op, Type type, Value x, Value y) {
  bool commutes = info(op).effects & ir::Commutes;
  if (commutes && function_[x].op == Op::Const && function_[y].op != Op::Const) std::swap(x, y);
  const Inst& right = function_[y];
  if (right.op == Op::Const) {
    if (function_[x].op == Op::Const) {
      if (auto bits = evaluate(op, type, right.type, function_[x].imm64(), right.imm64()))
        return numbering_.constant(type, *bits);
    } else if (auto value = binary_with_constant(op, type, x, right.imm64())) {
      return *value;
    }
  } else if (x == y) {
    if (auto value = binary_of_same(op, type, x)) return *value;
  } else if (x > y && (info(op).effects & ir::Commutes)) {
    std::swap(x, y);  // x op y and y op x get one number
  }
  return make(op, type, x, y);
}

// x op c. `inner` is the instruction that made x.
template <class Numbering>
std::optional<Value> FolderOf<Numbering>::binary_with_constant(Op op, Type type, Value x, u64 c) {
  if (ir::is_float(type)) return std::nullopt;
  const Inst inner = function_[x];
  const u64 mask = rules::mask_of(type);
  const u32 width = rules::width_of(type);
  auto inner_constant = [&]() { return constant(Value(inner.b)); };
  auto again = [&](Op op, u64 bits) {
    return binary(op, type, Value(inner.a), numbering_.constant(type, bits & mask));
  };

  switch (op) {
    case Op::IAdd:
      // x + 0 = x
      if (c == 0) return x;
      // (x + c1) + c2 = x + (c1 + c2): addition modulo 2^width is associative.
      if (inner.op == Op::IAdd) {
        if (auto c1 = inner_constant()) return again(Op::IAdd, *c1 + c);
      }
      return std::nullopt;
    case Op::ISub:
      // x - c = x + -c, modulo 2^width. One form serves all rules.
      return binary(Op::IAdd, type, x, numbering_.constant(type, (0 - c) & mask));
    case Op::IMul:
      // x * 0 = 0
      if (c == 0) return numbering_.constant(type, 0);
      // x * 1 = x
      if (c == 1) return x;
      // x * 2^k = x << k, modulo 2^width
      if (std::has_single_bit(c))
        return binary(Op::IShl, type, x, numbering_.constant(type, u64(std::countr_zero(c))));
      return std::nullopt;
    case Op::IDivU:
      // x / 1 = x
      if (c == 1) return x;
      // x / 2^k = x >> k, unsigned: both drop the low k bits.
      if (std::has_single_bit(c))
        return binary(Op::IShrU, type, x, numbering_.constant(type, u64(std::countr_zero(c))));
      return std::nullopt;
    case Op::IDivS:
      // x / 1 = x
      if (c == 1) return x;
      return std::nullopt;
    case Op::IRemU:
      // x mod 2^k = x and (2^k - 1): the low k bits.
      if (std::has_single_bit(c)) return binary(Op::IAnd, type, x, numbering_.constant(type, c - 1));
      return std::nullopt;
    case Op::IAnd:
      // x and 0 = 0
      if (c == 0) return numbering_.constant(type, 0);
      // x and -1 = x
      if (c == mask) return x;
      // x and c = x where x has no bit that is not in c.
      if (rules::is_truth(inner) && (c & 1)) return x;
      if (inner.op == Op::Load8U && (c & 0xff) == 0xff) return x;
      if (inner.op == Op::Load16U && (c & 0xffff) == 0xffff) return x;
      if ((inner.op == Op::Load32U || inner.op == Op::ExtendU) && (c & 0xffff'ffff) == 0xffff'ffff) return x;
      // (x and c1) and c2 = x and (c1 and c2)
      if (inner.op == Op::IAnd) {
        if (auto c1 = inner_constant()) return again(Op::IAnd, *c1 & c);
      }
      return std::nullopt;
    case Op::IOr:
      // x or 0 = x
      if (c == 0) return x;
      // x or -1 = -1
      if (c == mask) return numbering_.constant(type, mask);
      return std::nullopt;
    case Op::IXor:
      // x xor 0 = x
      if (c == 0) return x;
      // truth xor 1 = not truth: of 0 and 1 it makes 1 and 0.
      if (c == 1 && type == Type::I32 && rules::can_invert(inner))
        return compare(inner.op, ir::inverted(inner.cond()), Value(inner.a), Value(inner.b));
      return std::nullopt;
    case Op::IShl: case Op::IShrS: case Op::IShrU: case Op::IRotl: case Op::IRotr: break;
    default: return std::nullopt;
  }

  // Shifts: y is taken modulo the width, so c mod width says the same.
  u64 k = c % width;
  // x << 0 = x, and of the others alike
  if (k == 0) return x;
  if (inner.op == Op::IShl && (op == Op::IShrU || op == Op::IShrS)) {
    auto k1 = inner_constant();
    if (k1 && *k1 == k) {
      // (x << k) >> k, unsigned = x and (2^(width-k) - 1): the upper k bits are cleared.
      if (op == Op::IShrU) return again(Op::IAnd, mask >> k);
      // (x << k) >> k, signed = extend_n_s(x) with n = width - k: bit n - 1 fills the upper k bits.
      if (width - k == 8) return unary(Op::IExtend8S, type, Value(inner.a));
      if (width - k == 16) return unary(Op::IExtend16S, type, Value(inner.a));
      if (width - k == 32) return unary(Op::IExtend32S, type, Value(inner.a));
    }
  }
  if (inner.op == op && (op == Op::IShl || op == Op::IShrU)) {
    // (x << k1) << k2 = x << (k1 + k2) where k1 + k2 < width
    auto k1 = inner_constant();
    if (k1 && *k1 + k < width) return again(op, *k1 + k);
  }
  if (k != c) return make(op, type, x, numbering_.constant(type, k));
  return std::nullopt;
}

// x op x
template <class Numbering>
std::optional<Value> FolderOf<Numbering>::binary_of_same(Op op, Type type, Value x) {
  switch (op) {
    // x and x = x or x = x
    case Op::IAnd: case Op::IOr: return x;
    // x - x = x xor x = 0
    case Op::ISub: case Op::IXor: return numbering_.constant(type, 0);
    default: return std::nullopt;
  }
}

template <class Numbering>
Value FolderOf<Numbering>::compare(Op op, Cond cond, Value x, Value y) {
  if (function_[x].op == Op::Const && function_[y].op != Op::Const) {
    // c cond x = x swapped(cond) c
    std::swap(x, y);
    cond = ir::swapped(cond);
  }
  const Inst& right = function_[y];
  if (right.op == Op::Const) {
    u64 bits = right.imm64();
    if (function_[x].op == Op::Const)
      return numbering_.constant(Type::I32, evaluate_compare(op, cond, right.type, function_[x].imm64(), bits));
    if (op == Op::ICmp) return compare_with_constant(cond, x, bits, y);
  } else if (x == y && op == Op::ICmp) {
    // x = x, x <= x, x >= x; not x != x, x < x, x > x. (Floats: not of a NaN.)
    return numbering_.constant(Type::I32, evaluate_compare(op, cond, Type::I32, 0, 0));
  } else if (x > y) {
    // y cond x = x swapped(cond) y: one number for both
    std::swap(x, y);
    cond = ir::swapped(cond);
  }
  return numbering_.add({.op = op, .type = Type::I32, .aux = u8(cond), .a = x.raw(), .b = y.raw()});
}

// x cond c, of integers or references; `y` is the constant's value.
template <class Numbering>
Value FolderOf<Numbering>::compare_with_constant(Cond cond, Value x, u64 c, Value y) {
  const Inst inner = function_[x];
  if (c == 0) {
    switch (cond) {
      // x < 0 never, x >= 0 always, unsigned
      case Cond::LtU: return numbering_.constant(Type::I32, 0);
      case Cond::GeU: return numbering_.constant(Type::I32, 1);
      // x > 0 = x != 0 and x <= 0 = (x = 0), unsigned
      case Cond::GtU: cond = Cond::Ne; break;
      case Cond::LeU: cond = Cond::Eq; break;
      default: break;
    }
    if (cond == Cond::Ne && rules::is_truth(inner)) return x;  // truth != 0 = truth
    // (truth = 0) = not truth
    if (cond == Cond::Eq && rules::can_invert(inner))
      return compare(inner.op, ir::inverted(inner.cond()), Value(inner.a), Value(inner.b));
  } else if (c == 1 && (cond == Cond::LtU || cond == Cond::GeU)) {
    // x < 1 = (x = 0) and x >= 1 = x != 0, unsigned
    return compare(Op::ICmp, cond == Cond::LtU ? Cond::Eq : Cond::Ne, x, numbering_.constant(inner.type, 0));
  }
  return numbering_.add({.op = Op::ICmp, .type = Type::I32, .aux = u8(cond), .a = x.raw(), .b = y.raw()});
}

template <class Numbering>
Value FolderOf<Numbering>::select(Type type, Value x, Value y, Value z) {
  // select(x, x, z) = x
  if (x == y) return x;
  if (auto bits = constant(z)) return u32(*bits) ? x : y;
  // select(x, y, z = 0) = select(y, x, z) and select(x, y, z != 0) = select(x, y, z), z an i32
  Condition simpler = condition(z);
  if (simpler.inverted) std::swap(x, y);
  return numbering_.add({.op = Op::Select, .type = type, .a = x.raw(), .b = y.raw(), .c = simpler.value.raw()});
}

template <class Numbering>
typename FolderOf<Numbering>::Condition FolderOf<Numbering>::condition(Value value) const {
  const Inst& inst = function_[value];
  if (inst.op == Op::ICmp && (inst.cond() == Cond::Eq || inst.cond() == Cond::Ne) &&
      function_.type(Value(inst.a)) == Type::I32 && constant(Value(inst.b)) == 0)
    return {Value(inst.a), inst.cond() == Cond::Eq};
  return {value, false};
}

}  // namespace skerry::translate
