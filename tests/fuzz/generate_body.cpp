#include "tests/fuzz/generate_body.h"

#include <algorithm>
#include <array>
#include <bit>

#include "text/binary_writer.h"

namespace skerry::fuzz {

namespace {

constexpr u32 i32_numbers[] = {0, 1, 2, 3, 7, 8, 16, 31, 32, 33, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
    0x10000, 0x1fffffff, 0x20000000,
                               0x7fffffff, 0x80000000, 0x80000001, 0xffff8000, 0xffffff80, 0xfffffffe, 0xffffffff};
constexpr u64 i64_numbers[] = {0, 1, 2, 10, 31, 32, 63, 64, 65, 0x7f, 0x80, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
    0x100000000, 0x7fffffffffffffff,
                               0x8000000000000000, 0x8000000000000001, 0xffffffff00000000, 0xffffffff80000000,
                                   0xffffffff7fffffff, 0xfffffffffffffffe, 0xffffffffffffffff};
constexpr f64 float_numbers[] = {0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, 1e-45, 1e-310, 3.4028234663852886e38,
    1e300, -1e300, 2147483647.0, 2147483648.0,
                                 -2147483649.0, 4294967295.0, 4294967296.0, 9.2233720368547758e18,
                                     -9.2233720368547758e18, 1.8446744073709552e19};

ValueType type_of(char letter) {
  switch (letter) {
    case 'i': return ValueType::I32;
    case 'l': return ValueType::I64;
    case 'f': return ValueType::F32;
    default: return ValueType::F64;
  }
}

// The rows of the opcode table whose operands and result are numbers, by result; loads, by result;
// stores; and those that take two of a type and give one, and cannot trap.
struct Rows {
  std::vector<Opcode> numeric[4], loads[4], folds[4], stores;
};
u32 slot(ValueType type) { return u32(ValueType::I32) - u32(type); }

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
bool divides(Opcode opcode) { return has(info(opcode).mnemonic, ".div_") || has(info(opcode).mnemonic, ".rem_"); }
bool truncates(Opcode opcode) { return has(info(opcode).mnemonic, ".trunc_f"); }

Rows make_rows() {
  Rows rows;
  for (u16 i = 0; i < u16(Opcode::Count); ++i) {
    Opcode opcode = Opcode(i);
    std::string_view signature = info(opcode).signature;
    if (signature == "*" || signature.front() == ':') continue;
    if (signature.back() == ':') {
      rows.stores.push_back(opcode);
    } else if (signature.front() == 'a') {
      rows.loads[slot(type_of(signature.back()))].push_back(opcode);
    } else {
      u32 to = slot(type_of(signature.back()));
      rows.numeric[to].push_back(opcode);
      if (signature.size() == 4 && signature[0] == signature[3] && signature[1] == signature[3] && !divides(opcode) &&
          !has(info(opcode).mnemonic, "copysign"))
        rows.folds[to].push_back(opcode);
    }
  }
  return rows;
}
const Rows& rows() {
  static const Rows all = make_rows();
  return all;
}

}  // namespace

// ------------------------------------------------------------------------- Parts of instructions

void BodyGenerator::op(Opcode opcode) { text::write_opcode(code_, opcode); }
void BodyGenerator::op(Opcode opcode, u64 index) {
  op(opcode);
  write_leb_unsigned(code_, index);
}
void BodyGenerator::i32(u32 bits) {
  op(Opcode::I32Const);
  write_leb_signed(code_, skerry::i32(bits));
}

void BodyGenerator::constant(ValueType type) {
  switch (type) {
    case ValueType::I32:
      return i32(random_.one_in(3) ? u32(random_.next() >> random_.between(32, 63)) : random_.pick(i32_numbers));
    case ValueType::I64:
      op(Opcode::I64Const);
      return write_leb_signed(code_, i64(random_.one_in(3) ? random_.next() >> random_.below(64)
          : random_.pick(i64_numbers)));
    case ValueType::F32: case ValueType::F64: {
      f64 number = random_.one_in(3) ? f64(i64(random_.next())) / f64(1u << random_.below(31))
          : random_.pick(float_numbers);
      bool wide = type == ValueType::F64;
      u64 bits = wide ? std::bit_cast<u64>(number) : std::bit_cast<u32>(f32(number));
      // Infinities and NaNs
      if (random_.one_in(8)) bits = (wide ? 0x7ff0000000000000 : 0x7f800000) | (random_.one_in(2)
          ? random_.next() >> 13 & (wide ? ~0ull : 0x7fffff) : 0);
      if (random_.one_in(8)) bits ^= wide ? u64{1} << 63 : u64{1} << 31;
      op(wide ? Opcode::F64Const : Opcode::F32Const);
      for (u32 i = 0; i < (wide ? 8 : 4); ++i) code_.push_back(u8(bits >> (8 * i)));
      return;
    }
    default:
      op(Opcode::RefNull);
      return code_.push_back(u8(type));
  }
}

std::optional<u32> BodyGenerator::local_of(ValueType type) {
  u32 start = random_.below(locals_.size());
  for (u32 i = 0; i < locals_.size(); ++i) {
    u32 local = (start + i) % u32(locals_.size());
    if (locals_[local] == type && local - first_small_ >= smalls_ && local != nan_f32_ &&
        local != nan_f64_) return local;
  }
  return std::nullopt;
}
std::optional<u32> BodyGenerator::global_of(ValueType type, bool mutable_only) {
  u32 count = u32(outline_.globals.size()), start = random_.below(count);
  for (u32 i = 0; i < count; ++i) {
    u32 global = (start + i) % count;
    const GlobalType& found = outline_.globals[global];
    if (global != 0 && found.value == type && (!mutable_only || found.mutability == Mutability::Var)) return global;
  }
  return std::nullopt;
}

void BodyGenerator::memory_access(Opcode opcode, u32 memory, u64 offset) {
  op(opcode);
  u32 natural = u32(info(opcode).immediates) - u32(Immediates::Memory0);
  u32 align = random_.below(natural + 1);
  if (memory == 0) {
    write_leb_unsigned(code_, align);
  } else {
    write_leb_unsigned(code_, align | 0x40);
    write_leb_unsigned(code_, memory);
  }
  write_leb_unsigned(code_, offset);
}

u32 BodyGenerator::address(u32 memory) {
  constexpr u32 far_offsets[] = {0xfff8, 0xffff, 0x10000, 0x7ffffff0, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
  u64 bytes = outline_.memories[memory] * page_size;
  if (may_trap()) {
    value(ValueType::I32);
    return random_.one_in(2) ? random_.pick(far_offsets) : random_.below(64);
  }
  if (bytes == 0) {
    i32(0);
    return 0;
  }
  // The last bytes, as a constant and as a sum.
  if (random_.one_in(12)) {
    u32 back = 8 + random_.below(8);
    u32 offset = random_.one_in(2) ? 0 : random_.below(u32(bytes) - 16);
    i32(u32(bytes) - back - offset);
    return offset;
  }
  small_number();
  return random_.one_in(4) ? random_.below(u32(bytes) - 0x8000 - 8) : random_.below(64);
}

void BodyGenerator::block_type(std::optional<u32> index, const FuncType& type) {
  if (index) return write_leb_signed(code_, *index);
  code_.push_back(type.results.empty() ? 0x40 : u8(type.results[0]));
}

// --------------------------------------------------------------------------------- Single values

void BodyGenerator::leaf(ValueType type) {
  if (!random_.one_in(4)) {
    if (auto local = local_of(type)) return op(Opcode::LocalGet, *local);
  }
  if (random_.one_in(6)) {
    if (auto global = global_of(type, false)) return op(Opcode::GlobalGet, *global);
  }
  if (type == ValueType::FuncRef && random_.one_in(2)) return op(Opcode::RefFunc,
      random_.below(outline_.functions.size()));
  constant(type);
}

void BodyGenerator::value(ValueType type) {
  if (budget_ <= 0 || depth_ >= 14) return leaf(type);
  --budget_;
  ++depth_;
  is_number(type) ? number(type) : reference(type);
  --depth_;
}

void BodyGenerator::number(ValueType type) {
  for (;;) {
    switch (random_.below(24)) {
      case 0: case 1: case 2: return leaf(type);
      case 3: case 4: if (by_load(type)) return; break;
      case 5: return by_select(type);
      case 6: case 7: if (by_block(type)) return; break;
      case 8: if (by_call(type)) return; break;
      case 9: if (by_branch(type)) return; break;
      case 10: if (by_count(type)) return; break;
      case 11: if (random_.one_in(4)) return by_row(type); break;
      case 12:
        if (auto local = local_of(type)) {
          value(type);
          return op(Opcode::LocalTee, *local);
        }
        break;
      case 13:
        if (type == ValueType::I32) return small_origin();
        break;
      default: if (by_numeric(type)) return; break;
    }
  }
}

void BodyGenerator::reference(ValueType type) {
  for (u32 attempt = 0; attempt < 4; ++attempt) {
    switch (random_.below(4)) {
      case 0: return by_select(type);
      case 1: if (by_block(type)) return; break;
      case 2: if (by_call(type)) return; break;
      case 3:
        for (u32 table = 0; table < outline_.tables.size(); ++table) {
          if (outline_.tables[table].element != type || outline_.tables[table].size == 0) continue;
          if (may_trap()) value(ValueType::I32);
          else i32(random_.below(outline_.tables[table].size));
          return op(Opcode::TableGet, table);
        }
        break;
    }
  }
  leaf(type);
}

bool BodyGenerator::by_numeric(ValueType type) {
  Opcode opcode = random_.pick(rows().numeric[slot(type)]);
  const OpcodeInfo& row = info(opcode);
  ValueType from = type_of(row.signature[0]);
  if (truncates(opcode) && !may_trap()) return false;
  if (has(row.mnemonic, "reinterpret") && (from == ValueType::F32 || from == ValueType::F64)) {
    exact_float(from);
  } else {
    value(from);
    if (row.signature.size() == 4) {
      ValueType second = type_of(row.signature[1]);
      if (divides(opcode)) divisor(second);
      else if (has(row.mnemonic, "copysign")) exact_float(second);
      else value(second);
    }
  }
  op(opcode);
  return true;
}

void BodyGenerator::divisor(ValueType type) {
  if (may_trap()) return value(type);
  bool wide = type == ValueType::I64;
  if (random_.one_in(2)) {
    // A constant, but neither 0 nor -1.
    u64 number = wide ? random_.pick(i64_numbers) : random_.pick(i32_numbers);
    if (number == 0 || number == ~u64{0} || number == ~u32{0}) number = 10;
    op(wide ? Opcode::I64Const : Opcode::I32Const);
    return write_leb_signed(code_, wide ? i64(number) : skerry::i32(u32(number)));
  }
  value(type);
  op(wide ? Opcode::I64Const : Opcode::I32Const);
  code_.push_back(1);
  op(wide ? Opcode::I64Or : Opcode::I32Or);
  if (random_.one_in(2)) return;
  op(wide ? Opcode::I64Const : Opcode::I32Const);
  write_leb_signed(code_, 0x7fffffff);
  op(wide ? Opcode::I64And : Opcode::I32And);
}

bool BodyGenerator::by_load(ValueType type) {
  u32 from = memory();
  if (outline_.memories[from] == 0 && !may_trap()) return false;
  Opcode opcode = random_.pick(rows().loads[slot(type)]);
  u32 offset = address(from);
  memory_access(opcode, from, offset);
  return true;
}

bool BodyGenerator::by_block(ValueType type) {
  FuncType wanted{{}, {type}};
  Opcode opcode = random_.one_in(3) ? Opcode::Loop : random_.one_in(2) ? Opcode::If : Opcode::Block;
  std::optional<u32> index;
  // One of the module's types that gives it first: the others are consumed.
  if (random_.one_in(2)) {
    u32 start = random_.below(outline_.types.size());
    for (u32 i = 0; i < outline_.types.size() && !index; ++i) {
      u32 at = (start + i) % u32(outline_.types.size());
      const FuncType& found = outline_.types[at];
      if (!found.results.empty() && found.results[0] == type &&
          found.params.size() + found.results.size() < 12) index = at;
    }
    if (index) wanted = outline_.types[*index];
  }
  values(wanted.params);
  if (opcode == Opcode::If) value(ValueType::I32);
  block(opcode, index, wanted);
  consume(wanted.results, 1);
  return true;
}

bool BodyGenerator::by_call(ValueType type) {
  u32 count = u32(outline_.functions.size()), start = random_.below(count);
  for (u32 i = 0; i < count; ++i) {
    u32 function = (start + i) % count;
    const FuncType& callee = outline_.types[outline_.functions[function]];
    if (callee.results.empty() || callee.results[0] != type) continue;
    arguments_and_call(function, false);
    consume(callee.results, 1);
    return true;
  }
  return false;
}

// br_if leaves its operands where it does not branch.
bool BodyGenerator::by_branch(ValueType type) {
  u32 label = random_.below(labels_.size());
  const Types types = labels_[labels_.size() - 1 - label].types;
  if (types.empty() || types[0] != type || types.size() > 8) return false;
  values(types);
  value(ValueType::I32);
  op(Opcode::BrIf, label);
  consume(types, 1);
  return true;
}

bool BodyGenerator::by_count(ValueType type) {
  if (type != ValueType::I32) return false;
  switch (random_.below(5)) {
    case 0: op(Opcode::MemorySize, memory()); return true;
    case 1:
      if (!options_.bulk) return false;
      if (random_.one_in(4)) value(ValueType::I32);
      else i32(random_.below(3));
      op(Opcode::MemoryGrow, memory());
      return true;
    case 2:
      if (outline_.tables.empty()) return false;
      op(Opcode::TableSize, random_.below(outline_.tables.size()));
      return true;
    case 3: {
      if (outline_.tables.empty()) return false;
      u32 table = random_.below(outline_.tables.size());
      value(outline_.tables[table].element);
      if (random_.one_in(4)) value(ValueType::I32);
      else i32(random_.below(4));
      op(Opcode::TableGrow, table);
      return true;
    }
    default:
      if (!options_.references) return false;
      value(random_.one_in(2) ? ValueType::FuncRef : ValueType::ExternRef);
      op(Opcode::RefIsNull);
      return true;
  }
}

void BodyGenerator::by_select(ValueType type) {
  value(type);
  value(type);
  value(ValueType::I32);
  if (is_number(type) && !random_.one_in(3)) return op(Opcode::Select);
  op(Opcode::SelectTyped, 1);
  code_.push_back(u8(type));
}

// Many values at once on the operand stack, folded from the top.
void BodyGenerator::by_row(ValueType type) {
  u32 count = random_.between(6, 40);
  for (u32 i = 0; i < count; ++i) value(type);
  for (u32 i = 1; i < count; ++i) op(random_.pick(rows().folds[slot(type)]));
}

// A float of which every bit is determined.
void BodyGenerator::exact_float(ValueType type) {
  bool wide = type == ValueType::F64;
  switch (budget_ <= 0 ? 0 : random_.below(6)) {
    case 0: return constant(type);
    case 1: {
      u32 from = memory();
      if (outline_.memories[from] == 0) return constant(type);
      u32 offset = address(from);
      return memory_access(wide ? Opcode::F64Load : Opcode::F32Load, from, offset);
    }
    case 2:
      value(wide ? ValueType::I64 : ValueType::I32);
      return op(wide ? Opcode::F64ReinterpretI64 : Opcode::F32ReinterpretI32);
    case 3:
      exact_float(type);
      if (random_.one_in(2)) return op(wide ? Opcode::F64Abs : Opcode::F32Abs);
      return op(wide ? Opcode::F64Neg : Opcode::F32Neg);
    default: return without_nans(type);
  }
}

void BodyGenerator::without_nans(ValueType type) {
  bool wide = type == ValueType::F64;
  u32 kept = wide ? nan_f64_ : nan_f32_;
  value(type);
  op(Opcode::LocalTee, kept);
  op(wide ? Opcode::F64Const : Opcode::F32Const);
  code_.insert(code_.end(), wide ? 6 : 2, 0);
  code_.insert(code_.end(), {u8(wide ? 0xf8 : 0xc0), 0x7f});
  op(Opcode::LocalGet, kept);
  op(Opcode::LocalGet, kept);
  op(wide ? Opcode::F64Eq : Opcode::F32Eq);
  op(Opcode::Select);
}

// An i32 below 2^15, from any origin whose upper half may be anything.
void BodyGenerator::small_number() {
  if (budget_ <= 0 || depth_ >= 14) {
    if (smalls_ && random_.one_in(2)) return op(Opcode::LocalGet, first_small_ + random_.below(smalls_));
    return i32(random_.below(0x8000));
  }
  --budget_;
  ++depth_;
  small_origin();
  --depth_;
}
void BodyGenerator::small_origin() {
  auto with = [&](u32 number, Opcode opcode) {
    i32(number);
    op(opcode);
  };
  switch (random_.below(20)) {
    case 0: value(ValueType::I32); return with(0x7fff, Opcode::I32And);
    case 1: value(ValueType::I32); return with(17 + random_.below(15), Opcode::I32ShrU);
    case 2: value(ValueType::I32); return with(0x7fff, Opcode::I32RemU);
    case 3: {
      u32 from = memory();
      if (outline_.memories[from] == 0) return i32(random_.below(0x8000));
      u32 offset = address(from);
      return memory_access(Opcode::I32Load8U, from, offset);
    }
    case 4:
      value(ValueType::I64);
      op(Opcode::I64Const);
      write_leb_signed(code_, i64(0xffffffff00000000 | random_.below(0x8000)));
      op(Opcode::I64And);
      return op(Opcode::I32WrapI64);
    case 5: value(ValueType::I32); return op(random_.one_in(2) ? Opcode::I32Popcnt : random_.one_in(2)
        ? Opcode::I32Clz : Opcode::I32Ctz);
    case 6: value(ValueType::I64); op(Opcode::I64Clz); return op(Opcode::I32WrapI64);
    case 7: value(ValueType::F64); value(ValueType::F64); return op(Opcode::F64Lt);
    case 8: small_number(); small_number(); value(ValueType::I32); return op(Opcode::Select);
    case 9: small_number(); with(0x7ff, Opcode::I32And); return with(random_.between(1, 4), Opcode::I32Shl);
    case 10: small_number(); with(0x3fff, Opcode::I32And); return with(random_.below(0x4000), Opcode::I32Add);
    case 11: i32(0x7fff); small_number(); return op(Opcode::I32Sub);
    case 12: small_number(); return op(Opcode::I32Extend16S);
    case 13: {
      value(ValueType::I32);
      op(Opcode::If);
      code_.push_back(u8(ValueType::I32));
      labels_.push_back({{ValueType::I32}});
      small_number();
      op(Opcode::Else);
      small_number();
      labels_.pop_back();
      return op(Opcode::End);
    }
    case 14:
      value(ValueType::I64);
      op(Opcode::I64Const);
      write_leb_signed(code_, 49 + random_.below(15));
      op(Opcode::I64ShrU);
      return op(Opcode::I32WrapI64);
    case 15:
      if (smalls_ == 0) return i32(random_.below(0x8000));
      small_number();
      return op(Opcode::LocalTee, first_small_ + random_.below(smalls_));
    case 16: small_number(); op(Opcode::F64ConvertI32U); return op(Opcode::I32TruncF64S);
    case 17: value(ValueType::I32); return op(Opcode::I32Eqz);
    default:
      if (smalls_ == 0) return i32(random_.below(0x8000));
      return op(Opcode::LocalGet, first_small_ + random_.below(smalls_));
  }
}

// ------------------------------------------------------------------------------ Several, or none

void BodyGenerator::values(const Types& types, u32 from) {
  if (types.size() >= from + 2 && budget_ > 0 && random_.one_in(3)) {
    // All of them by one call or block, if there is such a type.
    Types wanted(types.begin() + from, types.end());
    for (u32 i = 0; i < outline_.functions.size(); ++i) {
      if (outline_.types[outline_.functions[i]].results == wanted && random_.one_in(2)) return arguments_and_call(i,
          false);
    }
    for (u32 i = 0; i < outline_.types.size(); ++i) {
      const FuncType& type = outline_.types[i];
      if (type.results != wanted || type.params.size() > 8 || depth_ >= 14) continue;
      --budget_;
      ++depth_;
      values(type.params);
      bool conditional = random_.one_in(2);
      if (conditional) value(ValueType::I32);
      block(conditional ? Opcode::If : Opcode::Block, i, type);
      --depth_;
      return;
    }
  }
  for (u32 i = from; i < types.size(); ++i) value(types[i]);
}

void BodyGenerator::consume_one(ValueType type) {
  if (!random_.one_in(3)) {
    if (auto local = local_of(type)) return op(Opcode::LocalSet, *local);
  }
  if (random_.one_in(3)) {
    if (auto global = global_of(type, true)) return op(Opcode::GlobalSet, *global);
  }
  op(Opcode::Drop);
}
void BodyGenerator::consume(const Types& types, u32 keep) {
  for (usize i = types.size(); i > keep; --i) consume_one(types[i - 1]);
}

void BodyGenerator::statements(u32 most) {
  for (u32 count = random_.below(most + 1); count > 0 && budget_ > 0; --count) statement();
}

void BodyGenerator::statement() {
  if (depth_ >= 14) return;
  --budget_;
  ++depth_;
  switch (random_.below(16)) {
    case 0: case 1: case 2: case 3: {
      u32 local = random_.below(locals_.size());
      if (local - first_small_ < smalls_) small_number();
      else if (local == nan_f32_ || local == nan_f64_) break;
      else value(locals_[local]);
      op(Opcode::LocalSet, local);
      break;
    }
    case 4: {
      const GlobalType& type = random_.pick(outline_.globals);
      if (auto global = global_of(type.value, true)) {
        value(type.value);
        op(Opcode::GlobalSet, *global);
      }
      break;
    }
    case 5: case 6: case 7: store(); break;
    case 8: case 9: case 10: block_statement(); break;
    case 11: {
      u32 function = random_.below(outline_.functions.size());
      arguments_and_call(function, false);
      consume(outline_.types[outline_.functions[function]].results);
      break;
    }
    case 12: if (options_.bulk) bulk(); break;
    case 13: if (!outline_.tables.empty()) table_operation(); break;
    case 14: {
      u32 label = random_.below(labels_.size());
      const Types types = labels_[labels_.size() - 1 - label].types;
      values(types);
      value(ValueType::I32);
      op(Opcode::BrIf, label);
      consume(types);
      break;
    }
    case 15:
      if (random_.one_in(2)) swap_locals();
      else op(Opcode::Nop);
      break;
  }
  --depth_;
}

void BodyGenerator::store() {
  u32 to = memory();
  if (outline_.memories[to] == 0 && !may_trap()) return;
  Opcode opcode = random_.pick(rows().stores);
  ValueType type = type_of(info(opcode).signature[1]);
  u32 offset = address(to);
  if (type == ValueType::F32 || type == ValueType::F64) exact_float(type);
  else value(type);
  memory_access(opcode, to, offset);
}

// Two locals of a type change places: edges of loops become cycles of moves.
void BodyGenerator::swap_locals() {
  u32 first = random_.below(locals_.size());
  if (first - first_small_ < smalls_ || first == nan_f32_ || first == nan_f64_) return;
  auto second = local_of(locals_[first]);
  if (!second) return;
  op(Opcode::LocalGet, first);
  op(Opcode::LocalGet, *second);
  op(Opcode::LocalSet, first);
  op(Opcode::LocalSet, *second);
}

void BodyGenerator::bulk() {
  auto range = [&](u32 to) {
    if (may_trap() || outline_.memories[to] == 0) value(ValueType::I32);
    else small_number();
  };
  auto count = [&](u32 most) {
    if (may_trap()) value(ValueType::I32);
    else i32(random_.below(most + 1));
  };
  u32 to = memory();
  if (outline_.memories[to] == 0 && !may_trap()) return;
  switch (random_.below(4)) {
    case 0:
      range(to);
      value(ValueType::I32);
      count(300);
      return op(Opcode::MemoryFill, to);
    case 1: {
      u32 from = memory();
      if (outline_.memories[from] == 0 && !may_trap()) return;
      range(to);
      range(from);
      count(300);
      op(Opcode::MemoryCopy, to);
      return write_leb_unsigned(code_, from);
    }
    case 2: {
      if (outline_.datas.empty() || outline_.trap_rate == 0) return;
      u32 data = random_.below(outline_.datas.size());
      range(to);
      i32(random_.below(outline_.datas[data] / 2 + 1));
      count(outline_.datas[data] / 2);
      op(Opcode::MemoryInit, data);
      return write_leb_unsigned(code_, to);
    }
    default:
      if (!outline_.datas.empty() && random_.one_in(8)) op(Opcode::DataDrop, random_.below(outline_.datas.size()));
  }
}

void BodyGenerator::table_operation() {
  u32 table = random_.below(outline_.tables.size());
  const Outline::Table& shape = outline_.tables[table];
  auto index = [&](u32 end) {
    if (may_trap() || end == 0) value(ValueType::I32);
    else i32(random_.below(end));
  };
  if (shape.size < 2 && !may_trap()) return;
  u32 half = shape.size / 2;
  switch (random_.below(5)) {
    case 0:
      index(shape.size);
      value(shape.element);
      return op(Opcode::TableSet, table);
    case 1:
      index(half);
      value(shape.element);
      index(half);
      return op(Opcode::TableFill, table);
    case 2:
      for (u32 from = 0; from < outline_.tables.size(); ++from) {
        if (outline_.tables[from].element != shape.element || random_.one_in(2)) continue;
        u32 end = std::min(half, outline_.tables[from].size / 2);
        index(end);
        index(end);
        index(end);
        op(Opcode::TableCopy, table);
        return write_leb_unsigned(code_, from);
      }
      return;
    case 3:
      if (outline_.trap_rate == 0) return;
      for (u32 elem = 0; elem < outline_.elems.size(); ++elem) {
        if (outline_.elems[elem].type != shape.element || random_.one_in(2)) continue;
        u32 end = std::min(half, outline_.elems[elem].size / 2);
        index(end);
        index(end);
        index(end);
        op(Opcode::TableInit, elem);
        return write_leb_unsigned(code_, table);
      }
      return;
    default:
      if (!outline_.elems.empty() && random_.one_in(8)) op(Opcode::ElemDrop, random_.below(outline_.elems.size()));
  }
}

// --------------------------------------------------------------------------------------- Control

void BodyGenerator::block_statement() {
  std::optional<u32> index;
  FuncType type;
  if (random_.one_in(3)) {
    index = random_.below(outline_.types.size());
    type = outline_.types[*index];
    if (type.params.size() + type.results.size() > 12 && !random_.one_in(4)) {
      index.reset();
      type = {};
    }
  }
  values(type.params);
  Opcode opcode = random_.one_in(3) ? Opcode::Block : random_.one_in(2) ? Opcode::Loop : Opcode::If;
  if (opcode == Opcode::If) value(ValueType::I32);
  block(opcode, index, type);
  consume(type.results);
}

// With its parameters, and for `if` the condition, on the operand stack.
void BodyGenerator::block(Opcode opcode, std::optional<u32> type_index, const FuncType& type) {
  op(opcode);
  block_type(type_index, type);
  labels_.push_back({opcode == Opcode::Loop ? type.params : type.results});
  if (opcode == Opcode::Loop) tick();
  inside(type);
  if (opcode == Opcode::If && (type.params != type.results || random_.one_in(2))) {
    op(Opcode::Else);
    inside(type);
  }
  labels_.pop_back();
  op(Opcode::End);
}

void BodyGenerator::inside(const FuncType& type) {
  u32 common = 0;
  while (common < type.params.size() && common < type.results.size() &&
      type.params[common] == type.results[common]) ++common;
  u32 keep = random_.below(common + 1);
  consume(type.params, keep);
  statements(5);
  if (random_.one_in(5)) {
    leave();
    return dead_code(type.results);
  }
  values(type.results, keep);
}

// Takes one off the counter; returns if nothing is left.
void BodyGenerator::tick() {
  op(Opcode::GlobalGet, 0);
  op(Opcode::I32Eqz);
  op(Opcode::If);
  code_.push_back(0x40);
  for (ValueType result : type_->results) {
    switch (result) {
      case ValueType::I32: i32(0); break;
      case ValueType::I64: op(Opcode::I64Const, 0); break;
      case ValueType::F32: op(Opcode::F32Const); code_.insert(code_.end(), 4, 0); break;
      case ValueType::F64: op(Opcode::F64Const); code_.insert(code_.end(), 8, 0); break;
      default: op(Opcode::RefNull); code_.push_back(u8(result)); break;
    }
  }
  op(Opcode::Return);
  op(Opcode::End);
  op(Opcode::GlobalGet, 0);
  i32(1);
  op(Opcode::I32Sub);
  op(Opcode::GlobalSet, 0);
}

// Goes elsewhere.
void BodyGenerator::leave() {
  switch (random_.below(6)) {
    case 0: case 1: {
      u32 label = random_.below(labels_.size());
      values(Types(labels_[labels_.size() - 1 - label].types));
      return op(Opcode::Br, label);
    }
    case 2: if (branch_table()) return; break;
    case 3:
      if (options_.tail_calls) {
        u32 count = u32(outline_.functions.size()), start = random_.below(count);
        for (u32 i = 0; i < count; ++i) {
          u32 function = (start + i) % count;
          if (outline_.types[outline_.functions[function]].results != type_->results) continue;
          return arguments_and_call(function, true);
        }
      }
      break;
    case 4:
      if (may_trap()) return op(Opcode::Unreachable);
      break;
  }
  values(type_->results);
  op(Opcode::Return);
}

bool BodyGenerator::branch_table() {
  u32 first = random_.below(labels_.size());
  const Types types = labels_[labels_.size() - 1 - first].types;
  std::vector<u32> alike;
  for (u32 label = 0; label < labels_.size(); ++label) {
    if (labels_[labels_.size() - 1 - label].types == types) alike.push_back(label);
  }
  values(types);
  if (random_.one_in(2)) small_number();
  else value(ValueType::I32);
  u32 count = random_.one_in(8) ? random_.below(40) : random_.below(6);
  op(Opcode::BrTable, count);
  for (u32 i = 0; i <= count; ++i) write_leb_unsigned(code_, random_.pick(alike));
  return true;
}

// Behind a jump: anything that is typed well over an operand stack of unknown depth, at the end of
// a block with these results.
void BodyGenerator::dead_code(const Types& results) {
  if (random_.one_in(2)) return;
  budget_ -= 5;
  if (random_.one_in(3)) {
    op(Opcode::I32Add);
    op(Opcode::Drop);
  }
  if (random_.one_in(3)) op(Opcode::Drop);
  if (random_.one_in(3)) {
    op(Opcode::Select);
    op(Opcode::Drop);
  }
  statements(2);
  u32 missing = random_.below(u32(results.size()) + 1);
  for (usize i = missing; i < results.size(); ++i) value(results[i]);
}

void BodyGenerator::arguments_and_call(u32 function, bool tail) {
  u32 type_index = outline_.functions[function];
  // Through a table that has it, or one of its type may have come.
  if (random_.one_in(3)) {
    for (u32 table = 0; table < outline_.tables.size(); ++table) {
      const Outline::Table& shape = outline_.tables[table];
      for (u32 i = 0; i < shape.initial.size(); ++i) {
        if (!shape.initial[i] ||
            outline_.types[outline_.functions[*shape.initial[i]]] != outline_.types[type_index]) continue;
        if (outline_.trap_rate == 0) break;
        values(outline_.types[type_index].params);
        if (may_trap()) value(ValueType::I32);
        else i32(i);
        op(tail ? Opcode::ReturnCallIndirect : Opcode::CallIndirect, type_index);
        return write_leb_unsigned(code_, table);
      }
    }
  }
  values(outline_.types[type_index].params);
  op(tail ? Opcode::ReturnCall : Opcode::Call, function);
}

std::vector<u8> BodyGenerator::generate(const FuncType& type, u32 budget) {
  type_ = &type;
  locals_ = type.params;
  usize declared = locals_.size();
  constexpr ValueType kinds[] = {ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64};
  u32 extra = random_.one_in(6) ? random_.below(60) : random_.below(10);
  for (u32 i = 0; i < extra; ++i) locals_.push_back(random_.pick(kinds));
  if (options_.references && random_.one_in(2)) locals_.insert(locals_.end(),
      {ValueType::FuncRef, ValueType::ExternRef});
  first_small_ = u32(locals_.size());
  smalls_ = random_.below(5);
  locals_.insert(locals_.end(), smalls_, ValueType::I32);
  nan_f32_ = u32(locals_.size());
  nan_f64_ = nan_f32_ + 1;
  locals_.insert(locals_.end(), {ValueType::F32, ValueType::F64});

  code_.clear();
  write_leb_unsigned(code_, locals_.size() - declared);
  for (usize i = declared; i < locals_.size(); ++i) {
    code_.push_back(1);
    code_.push_back(u8(locals_[i]));
  }
  budget_ = budget;
  depth_ = 0;
  labels_.assign(1, {type.results});
  tick();
  do statement();
  while (budget_ > i64(budget) / 3 && !random_.one_in(40));
  inside({{}, type.results});
  op(Opcode::End);
  return std::move(code_);
}

}  // namespace skerry::fuzz
